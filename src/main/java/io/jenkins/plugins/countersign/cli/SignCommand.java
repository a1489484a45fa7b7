package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.ImageSignature;
import io.jenkins.plugins.countersign.engine.signing.keys.CertifiedSigner;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign sign}: a plain signature, as {@code cosign sign} makes it. */
@Command(
        name = "sign",
        description = "Signs an image: one signature covers the index and every platform.",
        mixinStandardHelpOptions = true)
final class SignCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private KeyOptions key;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "IMAGE", description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    @Option(
            names = {"-a", "--annotation"},
            paramLabel = "NAME=VALUE",
            description = "Signed with the image.")
    private Map<String, String> annotations = new LinkedHashMap<>();

    @Option(
            names = "--simple-signatures",
            description = "Write .sig signatures, too, for podman, skopeo, CRI-O and cosign before 3.")
    private boolean simpleSignatures;

    @Option(
            names = "--notation",
            description =
                    "Write signatures of the Notary Project (JWS), too; the key needs a certificate for code signing.")
    private boolean notation;

    @Option(
            names = "--certificates",
            paramLabel = "FILE",
            description =
                    "The key's certificate and those above it up to the root (PEM), where they are not with the key itself.")
    private Path certificates;

    @Override
    public Integer call() throws Exception {
        ImageLocation location = ImageLocation.parse(image);
        Set<ImageSignature.More> more = EnumSet.noneOf(ImageSignature.More.class);
        if (simpleSignatures) {
            more.add(ImageSignature.More.SIMPLE_SIGNING);
        }
        if (notation) {
            more.add(ImageSignature.More.NOTATION);
        }
        try (Signer signer = withCertificates(key.open(spec));
                Repository repository = registry.open(location)) {
            Digest digest = location.resolveUnmoved(repository);
            List<Digest> signed = ImageSignature.sign(
                    repository, digest, location.tag().orElse(""), signer, annotations, more, Instant.now());
            String name = location.withDigest(digest).toString();
            Digest fingerprint = PublicKeys.fingerprint(signer.publicKey());
            if (output.json()) {
                ObjectNode json = output.document();
                json.put("image", name);
                ArrayNode subjects = json.putArray("subjects");
                signed.forEach(subject -> subjects.add(subject.toString()));
                json.put("key", fingerprint.toString());
                output.print(spec, json);
            } else {
                spec.commandLine().getOut().println(name);
                spec.commandLine().getErr().println("Signed with " + fingerprint);
            }
            return ExitCode.PASS.code();
        }
    }

    private Signer withCertificates(Signer signer) throws KeyException, IOException {
        return certificates == null
                ? signer
                : CertifiedSigner.of(signer, Files.readString(certificates, StandardCharsets.US_ASCII));
    }
}
