package io.jenkins.plugins.countersign.engine.goldenbase;

import java.util.List;

/** Renders reports of checks; lands with its content next. */
public final class SarifReport {

    private SarifReport() {}

    public static String render(List<BaseReport> reports) {
        throw new UnsupportedOperationException("lands next");
    }
}
