package io.jenkins.plugins.countersign.engine.approval;

import java.io.Serializable;

/**
 * One reason why a gate holds.
 *
 * @param reason the code
 * @param text the reason with the facts, and what would lift it
 */
public record Hold(HoldReason reason, String text) implements Serializable {}
