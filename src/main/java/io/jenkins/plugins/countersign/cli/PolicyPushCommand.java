package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyRepository;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.engine.trust.SeenVersions;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy push}: publishes a signed policy as an artifact of a repository of its own. */
@Command(
        name = "push",
        description = "Publishes a signed trust policy in a repository of its own, once enough root keys have signed.",
        mixinStandardHelpOptions = true)
final class PolicyPushCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private PolicyRootOption pinned;

    @Parameters(index = "0", paramLabel = "SIGNED", description = "What countersign policy sign wrote.")
    private Path file;

    @Parameters(
            index = "1",
            paramLabel = "REPOSITORY",
            description = "docker://registry/repository or oci:folder; not a repository whose images are judged.")
    private String target;

    @Override
    public Integer call() throws Exception {
        PolicySources.Found found = PolicySources.read(file.toString(), registry);
        if (!found.isSigned()) {
            throw new Failure(ExitCode.POLICY, file + " is signed by nobody: countersign policy sign comes first");
        }
        if (!PolicySources.isRepository(target)) {
            throw new Failure(
                    ExitCode.USAGE, "name the repository as docker://registry/repository or oci:folder: " + target);
        }
        try (Repository opened = registry.open(PolicySources.repository(target))) {
            PolicyRepository repository = new PolicyRepository(opened);
            requireAcceptable(found, repository);
            Digest last = null;
            for (SignedPolicy document : found.signed()) {
                last = repository.push(document);
            }
            spec.commandLine().getOut().println(repository.name() + "@" + last);
            spec.commandLine()
                    .getErr()
                    .println("Published " + found.policy().name() + " version "
                            + found.policy().version() + " as v"
                            + found.policy().version() + " and latest");
        }
        return ExitCode.PASS.code();
    }

    /** What every gate would ask, asked before all of them hold. */
    private void requireAcceptable(PolicySources.Found found, PolicyRepository repository) throws Exception {
        List<SignedPolicy> all = new ArrayList<>(repository.documents());
        all.sort(Comparator.comparingLong(one -> one.policy().version()));
        long highest = all.isEmpty() ? 0 : all.get(all.size() - 1).policy().version();
        if (found.policy().version() < highest) {
            throw new PolicyException(
                    PolicyException.Reason.OLDER_THAN_SEEN,
                    repository.name() + " has version " + highest + " already, and " + file + " has version "
                            + found.policy().version() + "; nothing was published");
        }
        Root root = pinned.isGiven()
                ? pinned.root()
                : (all.isEmpty() ? found.signed().get(0) : all.get(0)).policy().root();
        for (SignedPolicy document : found.signed()) {
            // The same document with other signatures replaces what is there.
            all.removeIf(one -> one.policy().digest().equals(document.policy().digest()));
            all.add(document);
        }
        PolicyChain.accept(all, root, "", file.toString(), SeenVersions.inMemory(), Instant.now());
    }
}
