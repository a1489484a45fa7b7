package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.ImageSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    @Override
    public Integer call() throws Exception {
        ImageLocation location = ImageLocation.parse(image);
        try (Signer signer = key.open(spec);
                Repository repository = registry.open(location)) {
            Digest digest = location.resolveUnmoved(repository);
            if (!simpleSignatures && new SignatureStore(repository).firstBundleHidesOlderSignatures(digest)) {
                spec.commandLine()
                        .getErr()
                        .println("Warning: " + digest + " has .sig signatures and no bundle yet; cosign 3 stops reading"
                                + " the .sig signatures once this bundle is there.");
            }
            List<Digest> signed = ImageSignature.sign(
                    repository,
                    digest,
                    location.tag().orElse(""),
                    signer,
                    annotations,
                    simpleSignatures,
                    Instant.now());
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
}
