package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;

/** Asks the catalogue about everything that a build brings in. */
public final class BaseCheck {

    private BaseCheck() {}

    public static BaseReport check(BuildInputs inputs, Catalogue catalogue, CheckContext context) {
        throw new UnsupportedOperationException("lands next");
    }
}
