package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign reject}. */
@Command(
        name = "reject",
        description =
                "Rejects an image for a stage, in a role: its gate holds until the rejection is withdrawn or overridden.",
        mixinStandardHelpOptions = true)
final class RejectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private StatementOptions options;

    @Option(names = "--stage", required = true, description = "For which stage.")
    private String stage;

    @Option(names = "--role", required = true, description = "In which role.")
    private String role;

    @Option(names = "--reason", required = true, description = "Is signed with the rejection.")
    private String reason;

    @Override
    public Integer call() throws Exception {
        return options.write(
                spec,
                "rejection",
                (statements, person, signer) -> statements.attach(
                        statements.record(
                                GateRecord.Kind.REJECTION, person, stage, role, List.of(), null, null, reason),
                        signer));
    }
}
