package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyDiff;
import io.jenkins.plugins.countersign.engine.trust.RootSignatures;
import io.jenkins.plugins.countersign.engine.trust.SeenVersions;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy show}: what a policy says and who signed it. */
@Command(
        name = "show",
        description = "Shows what a trust policy says, who signed it and whose signatures are missing.",
        mixinStandardHelpOptions = true)
final class PolicyShowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Mixin
    private PolicyRootOption pinned;

    @Parameters(paramLabel = "POLICY", description = PolicySources.HELP)
    private String source;

    @Option(names = "--document", description = "Print the document as it was signed, to edit the next version.")
    private boolean document;

    @Override
    public Integer call() throws Exception {
        PolicySources.Found found = PolicySources.read(source, registry);
        if (pinned.isGiven()) {
            if (!found.isSigned()) {
                throw new Failure(ExitCode.POLICY, source + " is signed by nobody");
            }
            PolicyChain.accept(found.signed(), pinned.root(), "", found.name(), SeenVersions.inMemory(), Instant.now());
        }
        if (document) {
            spec.commandLine().getOut().print(new String(found.document(), StandardCharsets.UTF_8));
        } else if (output.json()) {
            output.print(spec, json(found));
        } else {
            text(found);
        }
        return ExitCode.PASS.code();
    }

    private static List<RootSignatures> signatures(PolicySources.Found found) {
        List<SignedPolicy> all = found.signed();
        return found.isSigned()
                ? RootSignatures.of(
                        found.newest(),
                        all.size() == 1
                                ? null
                                : all.get(all.size() - 2).policy().root())
                : List.of();
    }

    private ObjectNode json(PolicySources.Found found) {
        TrustPolicy policy = found.policy();
        ObjectNode json = output.document()
                .put("name", policy.name())
                .put("version", policy.version())
                .put("digest", policy.digest().toString())
                .put("expires", policy.expires().toString())
                .put("comparedWithPinnedRoot", pinned.isGiven());
        ArrayNode roots = json.putArray("signatures");
        for (RootSignatures one : signatures(found)) {
            ObjectNode root = roots.addObject()
                    .put("root", one.which())
                    .put("threshold", one.threshold())
                    .put("complete", one.isComplete());
            one.signed().forEach(key -> root.withArray("signed").add(key.shown()));
            one.open().forEach(key -> root.withArray("open").add(key.shown()));
        }
        ArrayNode versions = json.putArray("versions");
        found.signed().forEach(one -> versions.add(one.policy().version()));
        ArrayNode says = json.putArray("says");
        PolicyDiff.listing(policy).forEach(says::add);
        return json;
    }

    private void text(PolicySources.Found found) {
        PrintWriter out = spec.commandLine().getOut();
        TrustPolicy policy = found.policy();
        out.println(policy.name() + " version " + policy.version() + ", " + policy.digest() + ", until "
                + policy.expires());
        if (!found.isSigned()) {
            out.println("signed by nobody");
        }
        signatures(found).forEach(out::println);
        if (found.signed().size() > 1) {
            out.println("versions here: "
                    + String.join(
                            ", ",
                            found.signed().stream()
                                    .map(one -> Long.toString(one.policy().version()))
                                    .toList()));
        }
        if (found.isSigned() && !pinned.isGiven()) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "These are the root keys that the policy names itself; --policy-root compares with yours.");
        }
        out.println();
        PolicyDiff.listing(policy).forEach(out::println);
    }
}
