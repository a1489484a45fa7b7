package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
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
 * @param found what was found
 * @param advice what to write instead; may be {@link #NO_ADVICE}
 */
public record Finding(
        Severity severity,
        String rule,
        int line,
        int column,
        String reference,
        String because,
        Sentence found,
        Sentence advice)
        implements Serializable {

    public static final Sentence NO_ADVICE = Sentence.verbatim("");

    /** What was found, in English. */
    public String message() {
        return found.text();
    }

    /** What to write instead, in English; may be empty. */
    public String suggestion() {
        return advice.text();
    }

    public enum Severity {
        ERROR,
        WARNING,
        NOTE
    }
}
