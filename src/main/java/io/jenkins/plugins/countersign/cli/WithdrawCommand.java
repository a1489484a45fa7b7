package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign withdraw}. */
@Command(
        name = "withdraw",
        description = "Takes back statements of one's own; they are named by their digests, as status shows them.",
        mixinStandardHelpOptions = true)
final class WithdrawCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private StatementOptions options;

    @Option(names = "--stage", required = true, description = "For which stage they were.")
    private String stage;

    @Option(names = "--statement", required = true, paramLabel = "DIGEST", description = "What is taken back.")
    private List<String> targets;

    @Option(names = "--reason", required = true, description = "Is signed with the withdrawal.")
    private String reason;

    @Override
    public Integer call() throws Exception {
        List<Digest> digests = targets.stream().map(Digest::parse).toList();
        return options.write(
                spec,
                "withdrawal",
                (statements, person, signer) -> statements.attach(
                        statements.record(GateRecord.Kind.WITHDRAWAL, person, stage, "", digests, null, null, reason),
                        signer));
    }
}
