package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * Whether an image was found to stand on golden base images, as far as the gate must know it.
 *
 * @param proven whether it does, on every platform
 * @param sentence what was found, or why nothing could be, for people
 */
public record BaseLineage(boolean proven, Sentence sentence) implements Serializable {}
