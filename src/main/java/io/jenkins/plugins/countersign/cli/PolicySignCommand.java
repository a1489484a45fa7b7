package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.PolicyDiff;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.engine.trust.RootSignatures;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign policy sign}: one root key's signature; the file then goes to the next person. Reaches no network. */
@Command(
        name = "sign",
        description = "Adds the signature of a root key to a trust policy, and says whose are still missing.",
        mixinStandardHelpOptions = true)
final class PolicySignCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private KeyOptions key;

    @Parameters(
            paramLabel = "POLICY",
            description =
                    "The document, or the file that somebody else has signed already and that gets one signature more.")
    private Path file;

    @Option(
            names = "--previous",
            paramLabel = "FILE",
            description = "The signed policy in force: shows what changes, and lets its root keys sign new root keys.")
    private Path previous;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description =
                    "Where the signed policy goes. Default: policy.signed.json for policy.yaml; a signed one in place.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        PolicySources.Found input = PolicySources.read(file.toString(), new RegistryOptions());
        List<SignedPolicy> before = before(input);
        TrustPolicy policy = input.policy();
        Root inForce =
                before.isEmpty() ? null : before.get(before.size() - 1).policy().root();
        requireSuccessor(before, policy);
        Path target = target(input);
        SignedPolicy signed;
        try (Signer signer = key.open(spec)) {
            Root known = inForce == null ? policy.root() : inForce;
            signed = input.isSigned()
                    ? input.newest().withSignatureOf(known, signer)
                    : SignedPolicy.sign(input.document(), known, signer);
        }
        byte[] content = SignedPolicy.writeAll(SignedPolicy.links(before, signed));
        PolicyFiles.replace(target, content);

        spec.commandLine().getOut().println(target);
        PrintWriter err = spec.commandLine().getErr();
        err.println("Signed " + policy.name() + " version " + policy.version() + ", " + policy.digest());
        if (!before.isEmpty()) {
            PolicyDiff.between(before.get(before.size() - 1).policy(), policy)
                    .forEach(change -> err.println("  " + change));
        }
        RootSignatures.of(signed, inForce).forEach(err::println);
        if (inForce == null && policy.version() > 1) {
            err.println("Whether the root keys in force have signed was not looked at: name the policy in force with"
                    + " --previous.");
        }
        return ExitCode.PASS.code();
    }

    /** The versions before: named, or in the file that somebody signed after them. */
    private List<SignedPolicy> before(PolicySources.Found input) throws IOException, PolicyException, Failure {
        List<SignedPolicy> inFile =
                input.isSigned() ? input.signed().subList(0, input.signed().size() - 1) : List.of();
        if (previous == null) {
            return inFile;
        }
        PolicySources.Found named = PolicySources.read(previous.toString(), new RegistryOptions());
        if (!named.isSigned()) {
            throw new Failure(
                    ExitCode.USAGE, "--previous " + previous + " is not signed: name the signed policy in force");
        }
        return named.signed();
    }

    private void requireSuccessor(List<SignedPolicy> before, TrustPolicy policy) throws PolicyException {
        if (before.isEmpty()) {
            return;
        }
        TrustPolicy last = before.get(before.size() - 1).policy();
        if (!last.name().equals(policy.name())) {
            throw new PolicyException(
                    PolicyException.Reason.OTHER_NAME,
                    "the policy in force is \"" + last.name() + "\", and " + file + " is \"" + policy.name()
                            + "\"; nothing was signed");
        }
        if (policy.version() <= last.version()) {
            throw new PolicyException(
                    PolicyException.Reason.OLDER_THAN_SEEN,
                    "the policy in force has version " + last.version() + ", and " + file + " has version "
                            + policy.version() + ": raise it; nothing was signed");
        }
    }

    private Path target(PolicySources.Found input) throws IOException, PolicyException, Failure {
        if (out == null && input.isSigned()) {
            return file;
        }
        Path target = out != null
                ? out
                : file.resolveSibling(
                        file.getFileName().toString().replaceFirst("\\.(ya?ml|json)$", "") + ".signed.json");
        if (Files.exists(target) && !Files.isSameFile(target, file)) {
            byte[] there = Files.readAllBytes(target);
            boolean same = SignedPolicy.isSigned(there)
                    && new ArrayList<>(SignedPolicy.readAll(there))
                            .stream()
                                    .anyMatch(
                                            one -> Arrays.equals(one.envelope().payload(), input.document()));
            throw new Failure(
                    ExitCode.USAGE,
                    same
                            ? target + " holds this policy with signatures already: sign that file"
                            : target + " is there already and holds something else: name another file with --out");
        }
        return target;
    }
}
