package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * Something that enters the build and cannot be known from the file and the options. It is never nothing: who judges the
 * build must judge this too.
 *
 * @param kind what cannot be known
 * @param subject the variable, the URL, the name of the context
 * @param sentence for people
 * @param place where it stands
 */
public record Unknown(Kind kind, String subject, Sentence sentence, Place place) implements Serializable {

    /** In English. */
    public String message() {
        return sentence.text();
    }

    public enum Kind {
        /** A variable that decides over an image has no value; the builder would take it for empty. */
        VARIABLE,
        /** {@code ADD} of a URL or a git repository: may be a whole root file system. */
        REMOTE_ADD,
        /** A stage begins with nothing, so that its files come from elsewhere than from an image. */
        SCRATCH,
        /** A named build context that is no image stands in for an image or a stage. */
        NAMED_CONTEXT,
        /** Another frontend than those whose rules are known here reads the file. */
        FRONTEND,
        /** A builder with other rules than BuildKit's would take the file for something else. */
        OTHER_BUILDER,
        /** The triggers of a base image could not be read. */
        ONBUILD
    }
}
