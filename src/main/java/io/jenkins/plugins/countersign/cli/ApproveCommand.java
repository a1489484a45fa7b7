package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign approve}. */
@Command(
        name = "approve",
        description = "Approves an image for a stage, in a role; the person is the key's owner in the trust policy.",
        mixinStandardHelpOptions = true)
final class ApproveCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private StatementOptions options;

    @Option(names = "--stage", required = true, description = "For which stage.")
    private String stage;

    @Option(names = "--role", required = true, description = "In which role.")
    private String role;

    @Option(names = "--comment", description = "Is signed with the approval.", defaultValue = "")
    private String comment;

    @Option(names = "--evidence", paramLabel = "DIGEST", description = "A digest of the evidence that was looked at.")
    private List<String> evidence = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        List<Digest> seen = evidence.stream().map(Digest::parse).toList();
        return options.write(
                spec,
                "approval",
                (statements, person, signer) -> statements.attach(
                        statements.approval(person, stage, role, comment, seen, Origin.UNKNOWN), signer));
    }
}
