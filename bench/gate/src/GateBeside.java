package gate;

import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.Approvals;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * {@code prepare <host> <people> <folder>}: an image with approvals, the policy and the public keys. {@code decide <host>
 * <folder> <times>}: collects and decides, and says how many milliseconds each took, of the clock and of
 * the processors; the first is what a command line pays.
 */
public final class GateBeside {

    private GateBeside() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("prepare")) {
            prepare(args[1], Integer.parseInt(args[2]), Path.of(args[3]));
        } else {
            decide(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
        }
    }

    private static Repository open(String host) {
        return Repositories.open(host + "/app", RegistryAccess.of(host).insecurePlainHttp());
    }

    private static void prepare(String host, int people, Path folder) throws Exception {
        try (Repository repository = open(host)) {
            byte[] config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
                    .getBytes(StandardCharsets.UTF_8);
            Descriptor configDescriptor = Descriptor.of(MediaTypes.OCI_CONFIG, config);
            repository.pushBlob(configDescriptor, Repository.ContentSource.of(config));
            Manifest manifest = new Manifest(
                    MediaTypes.OCI_MANIFEST,
                    ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\",\"config\":{\"mediaType\":\""
                                    + MediaTypes.OCI_CONFIG + "\",\"digest\":\"" + configDescriptor.digest() + "\",\"size\":"
                                    + config.length + "},\"layers\":[]}")
                            .getBytes(StandardCharsets.UTF_8));
            repository.pushManifest(manifest);
            GateCrowd crowd = new GateCrowd(people);
            ApprovedImage image = new ApprovedImage(
                    repository.name(), "1", manifest.digest(), manifest.content().length, List.of());
            Instant now = Instant.now();
            SignatureStore store = new SignatureStore(repository);
            for (int i = 0; i < people; i++) {
                Approvals.attach(store, manifest.descriptor(), crowd.approval(i, image, now), now);
                Files.write(folder.resolve("p" + i + ".pub"), PublicKeys.pemBytes(crowd.keys.get(i).publicKey()));
            }
            Files.writeString(folder.resolve("policy.yaml"), crowd.document);
            Files.writeString(folder.resolve("image"), manifest.digest().toString());
        }
    }

    private static void decide(String host, Path folder, int times) throws Exception {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            long cpu = process.getProcessCpuTime();
            try (Repository repository = open(host)) {
                Digest digest = Digest.parse(Files.readString(folder.resolve("image")));
                TrustedPolicy policy = TrustedPolicy.insecureAcceptUnsigned(
                        PolicyReader.read(Files.readAllBytes(folder.resolve("policy.yaml"))), "bench");
                Manifest manifest = repository.manifest(digest).orElseThrow();
                Decision decision = Gate.decide(GateInput.of(
                        policy,
                        "qa",
                        new ApprovedImage(repository.name(), "1", digest, manifest.content().length, List.of()),
                        new SignatureStore(repository).collect(digest),
                        Instant.now()));
                if (!decision.isOpen()) {
                    throw new AssertionError(decision.toText());
                }
            }
            System.out.println((System.nanoTime() - start) / 1_000_000 + " " + (process.getProcessCpuTime() - cpu) / 1_000_000);
        }
    }
}
