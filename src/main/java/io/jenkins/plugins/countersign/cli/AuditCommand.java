package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.audit.LedgerFile;
import io.jenkins.plugins.countersign.engine.audit.LedgerHead;
import io.jenkins.plugins.countersign.engine.promotion.LedgerHeads;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign audit}: reads a ledger without changing it. */
@Command(
        name = "audit",
        description = "Verifies and exports a ledger.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {AuditCommand.Verify.class, AuditCommand.Export.class})
final class AuditCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command: verify or export");
    }

    /** {@code countersign audit verify}. */
    @Command(
            name = "verify",
            description = "Reads the whole chain; says where it breaks, or what its head is.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "LEDGER", description = "The ledger's file, or a copy of it.")
        private Path file;

        @Option(
                names = "--published-in",
                paramLabel = "REPOSITORY",
                description =
                        "Also compare it with the signed head there: registry/repository or oci:folder; needs --policy.")
        private String repository;

        @Mixin
        private PolicyOption policy;

        @Mixin
        private RegistryOptions registry;

        @Mixin
        private OutputOption output;

        @Override
        public Integer call() throws Exception {
            LedgerFile.Verified verified = LedgerFile.verify(file);
            LedgerHead head = verified.head()
                    .orElseThrow(() -> new Failure(ExitCode.POLICY, "the ledger " + file + " has no record"));
            if (repository != null) {
                LedgerFile.verify(file, published(head));
            }
            if (output.json()) {
                output.print(
                        spec,
                        output.document()
                                .put("ledger", head.ledger())
                                .put("sequence", head.sequence())
                                .put("hash", head.hash())
                                .put("time", head.time().toString())
                                .put("unfinishedBytes", verified.tail()));
            } else {
                spec.commandLine()
                        .getOut()
                        .println("ledger " + head.ledger() + ": " + head.sequence() + " records, the last of "
                                + head.time()
                                + " with hash " + head.hash()
                                + (verified.tail() == 0
                                        ? ""
                                        : "; " + verified.tail() + " bytes of an unfinished record follow"));
            }
            return ExitCode.PASS.code();
        }

        private LedgerHead published(LedgerHead head) throws Exception {
            ImageLocation location = ImageLocation.parse(repository);
            try (Repository opened = registry.open(location)) {
                Optional<LedgerHead> found = LedgerHeads.read(opened, policy.read(registry)).heads().stream()
                        .map(LedgerHeads.Published::head)
                        .filter(one -> one.ledger().equals(head.ledger()))
                        .findFirst();
                return found.orElseThrow(() -> new Failure(
                        ExitCode.POLICY,
                        repository + " has no head of the ledger " + head.ledger()
                                + " that a gate key of the policy signed"));
            }
        }
    }

    /** {@code countersign audit export}. */
    @Command(
            name = "export",
            description = "Writes records as JSON lines, each as it stands in the ledger.",
            mixinStandardHelpOptions = true)
    static final class Export implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "LEDGER", description = "The ledger's file, or a copy of it.")
        private Path file;

        @Option(names = "--kind", description = "Only records of this kind, for instance decision.")
        private String kind;

        @Option(names = "--image", paramLabel = "DIGEST", description = "Only records about this image.")
        private String image;

        @Option(
                names = "--after",
                paramLabel = "SEQUENCE",
                defaultValue = "0",
                description = "Only records after this one.")
        private long after;

        @Override
        public Integer call() throws Exception {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            LedgerFile.export(
                    file,
                    record -> record.sequence() > after
                            && (kind == null || record.kind().equals(kind))
                            && (image == null || record.field("image").equals(image)),
                    lines);
            spec.commandLine().getOut().print(lines.toString(StandardCharsets.UTF_8));
            spec.commandLine().getOut().flush();
            return ExitCode.PASS.code();
        }
    }
}
