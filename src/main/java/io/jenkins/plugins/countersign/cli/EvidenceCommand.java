package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.evidence.EvidenceException;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceStatement;
import io.jenkins.plugins.countersign.engine.evidence.Provenance;
import io.jenkins.plugins.countersign.engine.evidence.Sbom;
import io.jenkins.plugins.countersign.engine.evidence.ScanReport;
import io.jenkins.plugins.countersign.engine.evidence.TestReport;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign evidence}. */
@Command(
        name = "evidence",
        description =
                "Signs reports as evidence about an image and attaches them; prints the digest that approvals name.",
        mixinStandardHelpOptions = true)
final class EvidenceCommand implements Callable<Integer> {

    private enum Kind {
        TEST_RESULT,
        SCAN,
        SBOM,
        PROVENANCE;

        /** As a trust policy calls it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private KeyOptions key;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Option(
            names = "--kind",
            required = true,
            description =
                    "${COMPLETION-CANDIDATES}: JUnit XML; Trivy's or Grype's JSON, or SARIF; SPDX or CycloneDX in JSON; for provenance"
                            + " no report, but options.")
    private Kind kind;

    @Option(names = "--url", defaultValue = "", description = "Where the test run can be seen.")
    private String url;

    @Parameters(
            index = "0",
            paramLabel = "IMAGE",
            description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "REPORT",
            description = "The report; several for test results, none for provenance.")
    private List<Path> reports = new ArrayList<>();

    @Mixin
    private ProvenanceOptions provenance;

    @Override
    public Integer call() throws Exception {
        ImageLocation location = ImageLocation.parse(image);
        Instant now = Instant.now();
        try (Signer signer = key.open(spec);
                Repository repository = registry.open(location)) {
            Digest digest = location.resolveUnmoved(repository);
            EvidenceStatement evidence =
                    switch (kind) {
                        case TEST_RESULT ->
                            EvidenceStatement.testResult(repository, digest, TestReport.readJUnit(all()), url, now);
                        case SCAN -> EvidenceStatement.scan(repository, digest, ScanReport.read(one()), now);
                        case SBOM -> EvidenceStatement.sbom(repository, digest, Sbom.read(one()));
                        case PROVENANCE ->
                            EvidenceStatement.provenance(repository, digest, provenance(repository, digest, now));
                    };
            Digest statement = evidence.attach(repository, signer, now);
            if (output.json()) {
                output.print(
                        spec,
                        output.document()
                                .put("image", location.withDigest(digest).toString())
                                .put("predicateType", evidence.statement().predicateType())
                                .put("statement", statement.toString()));
            } else {
                spec.commandLine().getOut().println(statement);
            }
            return ExitCode.PASS.code();
        } catch (EvidenceException e) {
            throw new Failure(ExitCode.POLICY, e.getMessage());
        }
    }

    private Provenance provenance(Repository repository, Digest digest, Instant now) throws Exception {
        if (!reports.isEmpty()) {
            throw new Failure(ExitCode.USAGE, "provenance is made from options, not from reports");
        }
        return provenance.read(repository, digest, registry, now);
    }

    private Map<String, byte[]> all() throws IOException, Failure {
        if (reports.isEmpty()) {
            throw new Failure(ExitCode.USAGE, "name at least one report");
        }
        Map<String, byte[]> contents = new TreeMap<>();
        for (Path report : reports) {
            contents.put(report.toString(), Files.readAllBytes(report));
        }
        return contents;
    }

    private byte[] one() throws IOException, Failure {
        if (reports.size() != 1) {
            throw new Failure(ExitCode.USAGE, "give one report, not " + reports.size());
        }
        return Files.readAllBytes(reports.get(0));
    }
}
