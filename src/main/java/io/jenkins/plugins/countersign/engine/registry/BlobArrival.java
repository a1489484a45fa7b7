package io.jenkins.plugins.countersign.engine.registry;

/** How a blob came to be in a repository. */
public enum BlobArrival {
    WAS_THERE,
    /** The registry took it from another of its repositories. */
    MOUNTED,
    UPLOADED
}
