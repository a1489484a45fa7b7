package io.jenkins.plugins.countersign.engine.approval;

import java.io.Serializable;

/**
 * Whether an image was found to stand on golden base images, as far as the gate must know it.
 *
 * @param proven whether it does, on every platform
 * @param text what was found, or why nothing could be, for people
 */
public record BaseLineage(boolean proven, String text) implements Serializable {}
