package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyRepository;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Where commands read a trust policy from: a file, signed or not, or a repository. */
final class PolicySources {

    /** What parameters that are read here say in the help. */
    static final String HELP = "A file, docker://registry/repository or oci:folder.";

    private static final String REGISTRY = "docker://";
    private static final String LAYOUT = "oci:";

    private PolicySources() {}

    /**
     * What was found.
     *
     * @param name where, for messages
     * @param document of the newest version, as it was written
     * @param policy the document, read
     * @param signed the newest last; empty for a draft
     */
    record Found(String name, byte[] document, TrustPolicy policy, List<SignedPolicy> signed) {

        boolean isSigned() {
            return !signed.isEmpty();
        }

        SignedPolicy newest() {
            return signed.get(signed.size() - 1);
        }
    }

    static boolean isRepository(String source) {
        return source.startsWith(REGISTRY) || source.startsWith(LAYOUT);
    }

    static ImageLocation repository(String source) throws Failure {
        ImageLocation location =
                ImageLocation.parse(source.startsWith(REGISTRY) ? source.substring(REGISTRY.length()) : source);
        if (location.tagOrNull() != null || location.digestOrNull() != null) {
            throw new Failure(
                    ExitCode.USAGE,
                    "name the policy's repository without tag and digest, all its versions are read: "
                            + location.repository());
        }
        return location;
    }

    static Found read(String source, RegistryOptions registry) throws IOException, PolicyException, Failure {
        if (isRepository(source)) {
            try (Repository opened = registry.open(repository(source))) {
                return signed(opened.name(), new PolicyRepository(opened).documents());
            }
        }
        byte[] content = Files.readAllBytes(Path.of(source));
        try {
            return SignedPolicy.isSigned(content)
                    ? signed(source, SignedPolicy.readAll(content))
                    : new Found(source, content, PolicyReader.read(content), List.of());
        } catch (PolicyException e) {
            throw e.problems().isEmpty() ? new PolicyException(e.reason(), source + ": " + e.getMessage(), e) : e;
        }
    }

    private static Found signed(String name, List<SignedPolicy> documents) throws PolicyException {
        if (documents.isEmpty()) {
            throw new PolicyException(PolicyException.Reason.NOT_FOUND, "there is no trust policy in " + name);
        }
        List<SignedPolicy> ordered = documents.stream()
                .sorted(Comparator.comparingLong(one -> one.policy().version()))
                .toList();
        SignedPolicy newest = ordered.get(ordered.size() - 1);
        return new Found(name, newest.envelope().payload(), newest.policy(), ordered);
    }
}
