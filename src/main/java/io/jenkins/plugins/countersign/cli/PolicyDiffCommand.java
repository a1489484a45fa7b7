package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.trust.PolicyDiff;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy diff}: what whoever signs a new version agrees to. */
@Command(
        name = "diff",
        description = "Shows what a new version changes, and marks each change that lets more through.",
        mixinStandardHelpOptions = true)
final class PolicyDiffCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(index = "0", paramLabel = "BEFORE", description = PolicySources.HELP)
    private String before;

    @Parameters(index = "1", paramLabel = "AFTER", description = PolicySources.HELP)
    private String after;

    @Override
    public Integer call() throws Exception {
        TrustPolicy old = PolicySources.read(before, registry).policy();
        TrustPolicy fresh = PolicySources.read(after, registry).policy();
        List<PolicyDiff.Change> changes = PolicyDiff.between(old, fresh);
        if (output.json()) {
            ObjectNode json = output.document();
            ArrayNode list = json.putArray("changes");
            changes.forEach(change -> list.addObject()
                    .put("path", change.path())
                    .put("before", change.before())
                    .put("after", change.after())
                    .put("letsMoreThrough", change.weakens()));
            output.print(spec, json);
        } else {
            changes.forEach(spec.commandLine().getOut()::println);
        }
        if (!changes.isEmpty() && fresh.version() <= old.version()) {
            spec.commandLine()
                    .getErr()
                    .println("The version was not raised (" + old.version() + " -> " + fresh.version()
                            + "): whoever has seen the first refuses the second.");
        }
        return ExitCode.PASS.code();
    }
}
