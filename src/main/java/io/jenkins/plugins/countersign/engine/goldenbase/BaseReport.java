package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import java.io.Serializable;
import java.util.List;

/**
 * The answer of a check.
 *
 * @param file the Dockerfile's name
 * @param inputs every image that the build would bring in, allowed or not
 * @param findings in the order of the file
 */
public record BaseReport(String file, List<BuildInput> inputs, List<Finding> findings) implements Serializable {

    public BaseReport {
        inputs = List.copyOf(inputs);
        findings = List.copyOf(findings);
    }

    /** Whether nothing was found that fails the check. */
    public boolean passed() {
        return findings.stream().noneMatch(finding -> finding.severity() == Finding.Severity.ERROR);
    }
}
