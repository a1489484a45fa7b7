package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.SeenVersionsFile;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.io.IOException;
import java.time.Instant;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The trust policy, for every command that decides. */
final class PolicyOption {

    @Option(
            names = "--policy",
            paramLabel = "FILE|REPOSITORY",
            description =
                    "The trust policy; signed, when --policy-root is given. From a registry: docker://registry/repository"
                            + " or oci:folder, with --policy-root.")
    private String source;

    @Mixin
    private PolicyRootOption pinned;

    boolean isGiven() {
        return source != null;
    }

    TrustPolicy read() throws IOException, PolicyException, Failure {
        return trusted().policy();
    }

    TrustPolicy read(RegistryOptions registry) throws IOException, PolicyException, Failure {
        return trusted(registry).policy();
    }

    /** For commands that reach no registry themselves: one is reached as Docker's configuration says. */
    TrustedPolicy trusted() throws IOException, PolicyException, Failure {
        return trusted(new RegistryOptions());
    }

    /** Without pinned root keys, whoever names the file answers for it. */
    TrustedPolicy trusted(RegistryOptions registry) throws IOException, PolicyException, Failure {
        if (source == null) {
            throw new Failure(ExitCode.USAGE, "name the trust policy with --policy FILE");
        }
        if (pinned.isGiven()) {
            PolicySources.Found found = PolicySources.read(source, registry);
            if (!found.isSigned()) {
                throw new PolicyException(
                        PolicyException.Reason.THRESHOLD,
                        source + " is signed by nobody, and --policy-root asks for root keys' signatures");
            }
            return PolicyChain.accept(
                    found.signed(),
                    pinned.root(),
                    "",
                    found.name(),
                    new SeenVersionsFile(StateFolder.file("policies-seen.json")),
                    Instant.now());
        }
        if (PolicySources.isRepository(source)) {
            throw new Failure(
                    ExitCode.USAGE,
                    "a trust policy from a repository is believed by its signatures alone: name the root keys with"
                            + " --policy-root");
        }
        PolicySources.Found found = PolicySources.read(source, registry);
        if (found.isSigned()) {
            throw new Failure(
                    ExitCode.USAGE,
                    source + " is signed: name the root keys that must have signed it with --policy-root");
        }
        return TrustedPolicy.insecureAcceptUnsigned(found.policy(), source);
    }
}
