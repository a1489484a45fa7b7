package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Promotion;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign promote}: seals what the gate lets through, and tags it in the next repository. */
@Command(
        name = "promote",
        description =
                "Seals an image whose gate is open with the gate's key, copies it with its signatures, and tags it last.",
        mixinStandardHelpOptions = true)
final class PromoteCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private KeyOptions key;

    @Mixin
    private PolicyOption policy;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private LedgerOption ledger;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "IMAGE", description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    @Option(names = "--stage", required = true, description = "Whose gate must be open.")
    private String stage;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "IMAGE",
            description = "Where it goes: registry/repository:tag or oci:folder:tag.")
    private String to;

    @Option(
            names = "--verifier",
            description = "Names whoever promotes, a URI.",
            defaultValue = "urn:countersign:command-line")
    private String verifier;

    @Override
    public Integer call() throws Exception {
        ImageLocation from = ImageLocation.parse(image);
        ImageLocation destination = ImageLocation.parse(to);
        if (destination.tag().isEmpty() || destination.digest().isPresent()) {
            throw new Failure(ExitCode.USAGE, "--to names a repository and a tag, no digest: " + to);
        }
        try (Signer gate = key.open(spec);
                Ledger opened = ledger.open();
                Repository source = registry.open(from);
                Repository target = registry.open(destination)) {
            Digest digest = from.resolve(source);
            TrustedPolicy trusted = policy.trusted(registry);
            Promotion.Outcome outcome = new Promotion(
                            trusted, gate, opened, verifier, Clock.systemUTC(), TextProgress.of(spec))
                    .withLineages(GoldenBases.of(trusted.policy(), registry).forGate())
                    .promote(new Promotion.Order(
                            source,
                            digest,
                            from.tag().orElse(""),
                            stage,
                            target,
                            List.of(destination.tag().orElseThrow()),
                            Set.of(),
                            BuildFacts.UNKNOWN));
            if (!outcome.promoted()) {
                spec.commandLine()
                        .getOut()
                        .print(
                                output.json()
                                        ? outcome.decision().toJson().toPrettyString() + System.lineSeparator()
                                        : outcome.decision().toText());
                return ExitCode.SIGNATURE.code();
            }
            String promoted = destination.withDigest(digest).toString();
            if (output.json()) {
                output.print(spec, output.document().put("image", promoted).put("stage", stage));
            } else {
                spec.commandLine().getOut().println(promoted);
            }
            return ExitCode.PASS.code();
        }
    }
}
