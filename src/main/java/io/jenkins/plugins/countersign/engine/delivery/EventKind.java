package io.jenkins.plugins.countersign.engine.delivery;

/** What happened to an image. */
public enum EventKind {
    /** A tag points at content that was pushed. */
    PUSHED,
    /** A tag or an image was deleted. */
    DELETED,
    /** The registry's own scanner is done with an image. */
    SCANNED,
    /** A signature, an approval or something else was attached to an image: never an image to build on or to deploy. */
    ATTACHED
}
