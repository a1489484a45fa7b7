package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Verification;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.CertificateTrust;
import io.jenkins.plugins.countersign.engine.signing.Evidence;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign verify}: the gate's answer again from the registry alone; or a plain signature by given keys. */
@Command(
        name = "verify",
        description = {
            "Repeats a gate's decision from the registry and the trust policy alone (--policy and --stage),",
            "or verifies that the owner of a key signed the image (--public-key)."
        },
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private PolicyOption policy;

    @Option(names = "--stage", description = "Which stage the image must have passed.")
    private String stage;

    @Option(names = "--public-key", paramLabel = "FILE", description = "One of these keys must have signed.")
    private List<Path> keys = new ArrayList<>();

    @Option(
            names = "--certificate-authority",
            paramLabel = "FILE",
            description =
                    "Certificates (PEM, up to the root) that a signer's certificate must lead to. Needs --identity.")
    private Path authority;

    @Option(
            names = "--identity",
            description = "Who must have signed: the e-mail address, URI or subject (RFC 2253) in the certificate.")
    private String identity;

    @Option(
            names = "--issuer",
            description = "Who vouched for the identity to Fulcio; leave out for other authorities.")
    private String issuer;

    @Option(
            names = "--timestamp-authority",
            paramLabel = "FILE",
            description = "Root certificates (PEM) of timestamp authorities (RFC 3161) that are believed.")
    private Path timestamps;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "IMAGE", description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    @Override
    public Integer call() throws Exception {
        boolean plain = !keys.isEmpty() || authority != null;
        if (policy.isGiven() == plain || policy.isGiven() != (stage != null)) {
            throw new Failure(
                    ExitCode.USAGE,
                    "give either --policy and --stage, or --public-key, or --certificate-authority and --identity");
        }
        if ((authority == null) != (identity == null) || authority == null && (issuer != null || timestamps != null)) {
            throw new Failure(
                    ExitCode.USAGE,
                    "an authority certifies many: --certificate-authority and --identity belong together,"
                            + " --issuer and --timestamp-authority to both");
        }
        ImageLocation location = ImageLocation.parse(image);
        try (Repository repository = registry.open(location)) {
            Digest digest = location.resolve(repository);
            return policy.isGiven() ? byPolicy(location, repository, digest) : byKeys(location, repository, digest);
        }
    }

    private int byPolicy(ImageLocation location, Repository repository, Digest digest) throws Exception {
        Verification verification =
                Verification.of(repository, digest, policy.trusted(registry), stage, Set.of(), Instant.now());
        String name = location.withDigest(digest).toString();
        if (output.json()) {
            ObjectNode json = output.document();
            json.put("image", name).put("stage", stage).put("good", verification.isGood());
            ArrayNode faults = json.putArray("faults");
            verification.faults().forEach(faults::add);
            ArrayNode counted = json.putArray("counted");
            verification
                    .atSeal()
                    .counted()
                    .forEach(one -> counted.addObject()
                            .put("person", one.person())
                            .put("role", one.role())
                            .put("statement", one.statement().toString()));
            output.print(spec, json);
        } else {
            PrintWriter out = spec.commandLine().getOut();
            out.println(name);
            if (verification.isGood()) {
                out.println("passed the stage " + stage + ", sealed at "
                        + verification.seal().orElseThrow().verifiedAt());
                verification.atSeal().counted().forEach(one -> out.println("  " + one.person() + " as " + one.role()));
            } else {
                out.println("is not verified for the stage " + stage + ":");
                verification.faults().forEach(fault -> out.println("  " + fault));
            }
        }
        return (verification.isGood() ? ExitCode.PASS : ExitCode.SIGNATURE).code();
    }

    private static String subject(Evidence evidence) {
        return evidence.certificate() == null
                ? null
                : evidence.certificate().getSubjectX500Principal().getName();
    }

    private int byKeys(ImageLocation location, Repository repository, Digest digest) throws Exception {
        List<PublicKey> trusted = new ArrayList<>();
        for (Path file : keys) {
            trusted.add(PublicKeys.read(Files.readString(file)));
        }
        Verifier verifier = Verifier.withKeys(trusted);
        if (authority != null) {
            verifier = verifier.andCertificates(
                    List.of(CertificateTrust.parse(Files.readString(authority), identity, issuer)));
        }
        if (timestamps != null) {
            verifier = verifier.andTimestamps(Files.readString(timestamps));
        }
        ImageSignatures signatures = ImageSignatures.by(repository, digest, verifier);
        List<Evidence> believed = signatures.believed();
        List<String> refused =
                signatures.setAside().stream().map(Object::toString).toList();
        String name = location.withDigest(digest).toString();
        if (output.json()) {
            ObjectNode json = output.document();
            json.put("image", name).put("good", !believed.isEmpty());
            ArrayNode entries = json.putArray("signatures");
            believed.forEach(evidence -> entries.addObject()
                    .put("format", evidence.format().toString())
                    .put("key", evidence.keyFingerprint().toString())
                    .put("certificate", subject(evidence))
                    .put("manifest", evidence.signature().manifest().toString()));
            ArrayNode reasons = json.putArray("refused");
            refused.forEach(reasons::add);
            output.print(spec, json);
        } else {
            PrintWriter out = spec.commandLine().getOut();
            out.println(name);
            believed.forEach(evidence -> out.println("signed: " + evidence));
            if (believed.isEmpty()) {
                out.println("no signature by the given keys or certificates");
            }
            refused.forEach(reason -> spec.commandLine().getErr().println("not believed: " + reason));
        }
        return (believed.isEmpty() ? ExitCode.SIGNATURE : ExitCode.PASS).code();
    }
}
