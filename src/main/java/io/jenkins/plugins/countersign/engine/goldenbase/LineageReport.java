package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.goldenbase.Finding.Severity;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.List;

/** A built image's lineage as findings: for the same reports as a Dockerfile's. */
public final class LineageReport {

    private LineageReport() {}

    /** One finding for each platform: a note for those that stand on a golden image, an error for the others. */
    public static BaseReport of(String image, Lineage lineage) {
        List<Finding> findings = new ArrayList<>();
        for (Lineage.OnPlatform platform : lineage.platforms()) {
            findings.add(
                    switch (platform.verdict()) {
                        case GOLDEN -> finding(Severity.NOTE, "lineage", image, platform.sentence(), Finding.NO_ADVICE);
                        case REPLACED ->
                            finding(
                                    Severity.ERROR,
                                    "lineage-replaced",
                                    image,
                                    platform.sentence(),
                                    Sentence.of(
                                            "goldenbase.buildAgainOn",
                                            platform.base()
                                                            .orElseThrow()
                                                            .reference()
                                                            .withDigest(null) + "@"
                                                    + platform.base()
                                                            .orElseThrow()
                                                            .replacedBy()));
                        case FOREIGN ->
                            finding(
                                    Severity.ERROR,
                                    "lineage-foreign",
                                    image,
                                    platform.sentence(),
                                    Sentence.of("goldenbase.buildOnGolden"));
                        case FLATTENED ->
                            finding(
                                    Severity.ERROR,
                                    "lineage-flattened",
                                    image,
                                    platform.sentence(),
                                    Sentence.of("goldenbase.buildWithoutSquashing"));
                    });
        }
        return new BaseReport(image, List.of(), findings);
    }

    /** What could not be known is an error: unknown is never golden. */
    public static BaseReport unknown(String image, RegistryException why) {
        return new BaseReport(
                image,
                List.of(),
                List.of(finding(
                        Severity.ERROR,
                        "lineage-unknown",
                        image,
                        Sentence.of("goldenbase.lineageUnknown", why.getMessage()),
                        Sentence.of("goldenbase.checkAgainLater"))));
    }

    /** Whether the report is about a built image, and not about a Dockerfile. */
    static boolean is(BaseReport report) {
        return report.inputs().isEmpty()
                && !report.findings().isEmpty()
                && report.findings().stream().allMatch(finding -> finding.rule().startsWith("lineage"));
    }

    private static Finding finding(Severity severity, String rule, String image, Sentence found, Sentence advice) {
        return new Finding(severity, rule, 0, 0, image, "", found, advice);
    }
}
