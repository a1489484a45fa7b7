package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.trust.PolicyTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign policy init}: a first policy to edit. */
@Command(
        name = "init",
        description = "Writes a first trust policy to edit: root keys, people, one role, two stages.",
        mixinStandardHelpOptions = true)
final class PolicyInitCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--name",
            required = true,
            description = "Which policy this is, for instance the organisation's name.")
    private String name;

    @Option(
            names = "--root-key",
            required = true,
            paramLabel = "[NAME=]FILE",
            description = "The public key (PEM) of somebody who signs the policy. Repeat it.")
    private List<String> rootKeys = new ArrayList<>();

    @Option(names = "--threshold", description = "How many root keys must sign. Default: more than half of them.")
    private Integer threshold;

    @Option(
            names = "--person",
            required = true,
            paramLabel = "[NAME=]FILE",
            description = "A person and their public key (PEM). Repeat it.")
    private List<String> people = new ArrayList<>();

    @Option(names = "--gate-key", paramLabel = "FILE", description = "The public key (PEM) that gates seal with.")
    private String gateKey;

    @Option(
            names = "--expires",
            defaultValue = "P90D",
            paramLabel = "TIME|PERIOD",
            description = "When the policy ends, or in how long. Default: ${DEFAULT-VALUE}")
    private String expires;

    @Option(names = "--out", paramLabel = "FILE", description = "Where it goes. Default: standard output.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        Map<String, PublicKey> roots = PolicyFiles.publicKeys("--root-key", rootKeys);
        int needed = threshold == null ? roots.size() / 2 + 1 : threshold;
        String text = PolicyTemplate.yaml(
                name,
                PolicyFiles.end(expires, Instant.now().truncatedTo(ChronoUnit.SECONDS)),
                needed,
                roots,
                PolicyFiles.publicKeys("--person", people),
                gateKey == null
                        ? null
                        : PolicyFiles.publicKeys("--gate-key", List.of("gate=" + gateKey))
                                .get("gate"));
        if (out == null) {
            spec.commandLine().getOut().print(text);
        } else {
            PolicyFiles.create(out, text.getBytes(StandardCharsets.UTF_8));
            spec.commandLine()
                    .getErr()
                    .println("Wrote " + out + ". Edit it, then: countersign policy check " + out
                            + ", and countersign policy sign, " + needed + " of " + roots.size() + " root keys.");
        }
        return ExitCode.PASS.code();
    }
}
