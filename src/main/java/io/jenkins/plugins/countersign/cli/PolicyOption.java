package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.engine.trust.SeenVersionsFile;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import picocli.CommandLine.Option;

/** The trust policy, for every command that decides. */
final class PolicyOption {

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "The trust policy; signed, when --policy-root is given.")
    private Path file;

    @Option(
            names = "--policy-root",
            paramLabel = "FILE",
            description = "The root keys (PEM) that must have signed the policy.")
    private Path root;

    @Option(names = "--policy-root-threshold", defaultValue = "1", description = "How many of them.")
    private int threshold;

    boolean isGiven() {
        return file != null;
    }

    TrustPolicy read() throws IOException, PolicyException, Failure {
        return trusted().policy();
    }

    /** Without pinned root keys, whoever names the file answers for it. */
    TrustedPolicy trusted() throws IOException, PolicyException, Failure {
        if (file == null) {
            throw new Failure(ExitCode.USAGE, "name the trust policy with --policy FILE");
        }
        byte[] content = Files.readAllBytes(file);
        if (root == null) {
            return TrustedPolicy.insecureAcceptUnsigned(PolicyReader.read(content), file.toString());
        }
        return PolicyChain.accept(
                SignedPolicy.readAll(content),
                Root.ofPem(threshold, Files.readString(root)),
                "",
                file.toString(),
                new SeenVersionsFile(StateFolder.file("policies-seen.json")),
                Instant.now());
    }

    Catalogue catalogue() throws IOException, PolicyException, CatalogueException, Failure {
        return Catalogue.read(read().golden());
    }

    CheckContext checkContext(String target) {
        CheckContext offline = CheckContext.offline(Clock.systemUTC());
        return new CheckContext(offline.clock(), target, "", "", offline.organisations(), offline.signatures());
    }
}
