package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Verification;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign status}: what the gate of a stage says about an image now. */
@Command(
        name = "status",
        description = "Shows what the gate of a stage says about an image now: open, or held and by what.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private PolicyOption policy;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "IMAGE", description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    @Option(names = "--stage", required = true, description = "Whose gate is asked.")
    private String stage;

    @Override
    public Integer call() throws Exception {
        ImageLocation location = ImageLocation.parse(image);
        try (Repository repository = registry.open(location)) {
            Digest digest = location.resolve(repository);
            TrustedPolicy trusted = policy.trusted(registry);
            Decision decision = Verification.of(
                            repository,
                            digest,
                            trusted,
                            stage,
                            Set.of(),
                            GoldenBases.of(trusted.policy(), registry).forGate(),
                            Instant.now())
                    .now();
            spec.commandLine()
                    .getOut()
                    .print(
                            output.json()
                                    ? decision.toJson().toPrettyString() + System.lineSeparator()
                                    : decision.toText());
            return (decision.isOpen() ? ExitCode.PASS : ExitCode.SIGNATURE).code();
        }
    }
}
