package io.jenkins.plugins.countersign.engine.goldenbase;

import java.io.Serializable;

/**
 * One thing the check has to say.
 *
 * @param severity whether it fails the check
 * @param rule the identifier of the rule, stable, for instance {@code not-golden}
 * @param line in the Dockerfile, from 1; 0 when it is about the whole build
 * @param column from 1
 * @param reference the image or other thing it is about; may be empty
 * @param because the entry of the catalogue that decided, as written there; may be empty
 * @param message what was found
 * @param suggestion what to write instead; may be empty
 */
public record Finding(
        Severity severity,
        String rule,
        int line,
        int column,
        String reference,
        String because,
        String message,
        String suggestion)
        implements Serializable {

    public enum Severity {
        ERROR,
        WARNING,
        NOTE
    }
}
