package io.jenkins.plugins.countersign.engine.registry;

import java.io.Serializable;

/**
 * What is accepted from anybody at most.
 *
 * @param manifestBytes size of a manifest, index or list. 4 MiB is what registries accept (OCI distribution specification,
 *     "Pushing Manifests").
 * @param indexDepth how deep indexes may be nested; one index of manifests has depth 1
 * @param manifests how many manifests one image may consist of
 * @param referrers how many referrers one digest may have
 * @param tags how many tags a listing may have
 */
public record Limits(int manifestBytes, int indexDepth, int manifests, int referrers, int tags)
        implements Serializable {

    public static final Limits DEFAULT = new Limits(4 << 20, 4, 1000, 5000, 1_000_000);
}
