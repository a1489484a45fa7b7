package io.jenkins.plugins.countersign.engine.delivery;

/** What happened to an image. */
public enum EventKind {
    /** A tag points at content that was pushed. */
    PUSHED,
    /** A signature was attached: known only after the registry was asked. Nobody has verified it. */
    SIGNED,
    /** Somebody's approval was attached: known only after the registry was asked. Nobody has verified it. */
    APPROVED,
    /** A tag or an image was deleted. */
    DELETED,
    /** The registry's own scanner is done with an image. */
    SCANNED,
    /** Something was attached to an image, as its tag shows: never an image to build on or to deploy. */
    ATTACHED
}
