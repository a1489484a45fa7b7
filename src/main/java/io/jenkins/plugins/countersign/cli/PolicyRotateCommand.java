package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyRotation;
import io.jenkins.plugins.countersign.engine.trust.Root;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy rotate}: the next version with other root keys, to be signed by the old and the new ones. */
@Command(
        name = "rotate",
        description =
                "Writes the next version with other root keys; the threshold of the old and of the new ones must sign it.",
        mixinStandardHelpOptions = true)
final class PolicyRotateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Parameters(paramLabel = "POLICY", description = "The policy in force. " + PolicySources.HELP)
    private String source;

    @Option(
            names = "--keep",
            paramLabel = "NAME",
            description = "A root key that stays, by its name or the beginning of" + " its fingerprint. Repeat it.")
    private List<String> keep = new ArrayList<>();

    @Option(names = "--root-key", paramLabel = "[NAME=]FILE", description = "A new root key (public, PEM). Repeat it.")
    private List<String> rootKeys = new ArrayList<>();

    @Option(names = "--threshold", description = "How many must sign. Default: as many as before.")
    private Integer threshold;

    @Option(
            names = "--expires",
            paramLabel = "TIME|PERIOD",
            description = "When the new version ends, or in how long. Default: when the old one does.")
    private String expires;

    @Option(names = "--out", paramLabel = "FILE", description = "Where it goes. Default: standard output.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        PolicySources.Found found = PolicySources.read(source, registry);
        Root old = found.policy().root();
        List<PolicyKey> keys = new ArrayList<>();
        for (String name : keep) {
            keys.add(kept(old, name));
        }
        PolicyFiles.publicKeys("--root-key", rootKeys)
                .forEach((name, key) -> keys.add(new PolicyKey(name, key, false, null, null, null)));
        if (keys.isEmpty()) {
            throw new Failure(
                    ExitCode.USAGE, "no root key would be left: name the new ones with --root-key, or --keep");
        }
        Root fresh = new Root(threshold == null ? old.threshold() : threshold, keys);
        if (fresh.isSameAs(old)) {
            throw new Failure(ExitCode.USAGE, "these are the root keys and the threshold that the policy has already");
        }
        byte[] next = PolicyRotation.next(
                found.document(),
                fresh,
                expires == null ? null : PolicyFiles.end(expires, Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        if (out == null) {
            spec.commandLine().getOut().print(new String(next, StandardCharsets.UTF_8));
        } else {
            PolicyFiles.create(out, next);
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("Version " + (found.policy().version() + 1) + " needs the signatures of");
        err.println("  " + who(old) + ", the root in force, and");
        err.println("  " + who(fresh) + ", the new root.");
        err.println("Each signs with: countersign policy sign, and --previous for the signed policy in force.");
        return ExitCode.PASS.code();
    }

    private static String who(Root root) {
        return root.threshold() + " of "
                + String.join(", ", root.keys().stream().map(PolicyKey::shown).toList());
    }

    private PolicyKey kept(Root old, String name) throws Failure {
        List<PolicyKey> matching = old.keys().stream()
                .filter(key -> key.shown().equals(name)
                        || (name.length() >= 8 && key.fingerprint().hex().startsWith(name)))
                .toList();
        if (matching.size() != 1) {
            throw new Failure(
                    ExitCode.USAGE,
                    "--keep " + name + ": " + (matching.isEmpty() ? "no root key" : "more than one root key")
                            + " of the policy is called so; it has "
                            + String.join(
                                    ", ",
                                    old.keys().stream().map(PolicyKey::shown).toList()));
        }
        return matching.get(0);
    }
}
