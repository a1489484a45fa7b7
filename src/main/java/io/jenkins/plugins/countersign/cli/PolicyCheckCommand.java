package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.trust.PolicyCheck;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyProblem;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy check}: errors with line and path, and what whoever signs should know. */
@Command(
        name = "check",
        description =
                "Checks a trust policy: every error with its line and path, then notes on what can be read and is odd.",
        mixinStandardHelpOptions = true)
final class PolicyCheckCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "POLICY", description = PolicySources.HELP)
    private String source;

    @Option(
            names = "--no-notes",
            description = "Fail on notes, too: for a pipeline that guards the policy's own repository.")
    private boolean noNotes;

    @Override
    public Integer call() throws Exception {
        List<PolicyProblem> errors = List.of();
        List<PolicyProblem> notes = List.of();
        try {
            PolicySources.Found found = PolicySources.read(source, registry);
            notes = PolicyCheck.of(found.policy(), Instant.now());
            Catalogue.read(found.policy().golden());
        } catch (PolicyException e) {
            if (e.problems().isEmpty()) {
                throw e;
            }
            errors = e.problems().stream()
                    .sorted(Comparator.comparingInt(PolicyProblem::line))
                    .toList();
        } catch (CatalogueException e) {
            errors = List.of(new PolicyProblem("golden", 0, 0, e.getMessage()));
        }
        if (output.json()) {
            ObjectNode json = output.document().put("valid", errors.isEmpty());
            write(json.putArray("errors"), errors);
            write(json.putArray("notes"), notes);
            output.print(spec, json);
        } else {
            PrintWriter out = spec.commandLine().getOut();
            errors.forEach(error -> out.println(source
                    + (error.line() == 0 ? "" : ":" + error.line() + ":" + error.column()) + ": error: "
                    + (error.path().isEmpty() ? "" : error.path() + ": ") + error.text()));
            notes.forEach(note -> out.println(source + ": note: " + note));
        }
        return (errors.isEmpty() && (notes.isEmpty() || !noNotes) ? ExitCode.PASS : ExitCode.POLICY).code();
    }

    private static void write(ArrayNode list, List<PolicyProblem> problems) {
        problems.forEach(problem -> list.addObject()
                .put("path", problem.path())
                .put("line", problem.line())
                .put("column", problem.column())
                .put("text", problem.text()));
    }
}
