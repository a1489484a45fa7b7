import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.Copy;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Push;
import io.jenkins.plugins.countersign.engine.registry.PushResult;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** What bench/registry.sh measures of ours; nothing but the engine's public door. */
public final class RegistryBench {

    public static void main(String[] args) throws Exception {
        run(args);
        System.exit(0);
    }

    /** One command after the other from standard input, each answered by "seconds user+system 0 peak-KiB", as time(1) has it. */
    private static void serve() throws Exception {
        com.sun.management.OperatingSystemMXBean system = (com.sun.management.OperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            long cpu = system.getProcessCpuTime();
            long began = System.nanoTime();
            run(line.split(" "));
            double took = (System.nanoTime() - began) / 1e9;
            String peak = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(some -> some.startsWith("VmHWM"))
                    .findFirst()
                    .orElse("0")
                    .replaceAll("[^0-9]", "");
            System.out.printf(Locale.ROOT, "%.2f %.2f 0 %s%n", took, (system.getProcessCpuTime() - cpu) / 1e9, peak);
            System.out.flush();
        }
    }

    private static void run(String... args) throws Exception {
        switch (args[0]) {
            case "serve" -> serve();
            case "image" -> image(args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]));
            case "push" -> {
                ImageLocation to = ImageLocation.parse(args[2]);
                try (ImageSource source = ImageSource.open(args[1]);
                        Repository repository = open(to)) {
                    print(Push.of(source, repository).tagged(to.tagOrNull()).run());
                }
            }
            case "copy" -> {
                ImageLocation from = ImageLocation.parse(args[1]);
                ImageLocation to = ImageLocation.parse(args[2]);
                try (Repository source = open(from);
                        Repository repository = open(to)) {
                    print(Copy.of(source, from.resolve(source), repository).tagged(to.tagOrNull()).run());
                }
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static Repository open(ImageLocation location) {
        String host = location.repository().substring(0, location.repository().indexOf('/'));
        return Repositories.open(location.repository(), RegistryAccess.of(host).insecurePlainHttp());
    }

    private static void print(PushResult result) {
        System.err.println(result.uploaded() + " uploaded, " + result.mounted() + " mounted, " + result.skipped()
                + " skipped, " + result.bytesUploaded() + " bytes in " + result.duration().toMillis() + " ms");
    }

    /** An image of random layers, which no compression makes smaller. */
    private static void image(String folder, int layers, int bytesEach) throws Exception {
        Repository layout = Repositories.open("oci:" + folder);
        List<Descriptor> descriptors = new ArrayList<>();
        List<String> diffIds = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            byte[] content = new byte[bytesEach];
            new Random(i).nextBytes(content);
            Descriptor layer = Descriptor.of("application/vnd.oci.image.layer.v1.tar", content);
            layout.pushBlob(layer, Repository.ContentSource.of(content));
            descriptors.add(layer);
            diffIds.add(layer.digest().toString());
        }
        byte[] config = new ObjectMapper()
                .writeValueAsBytes(Map.of(
                        "architecture", "amd64",
                        "os", "linux",
                        "config", Map.of(),
                        "rootfs", Map.of("type", "layers", "diff_ids", diffIds)));
        Descriptor configDescriptor = Descriptor.of(MediaTypes.OCI_CONFIG, config);
        layout.pushBlob(configDescriptor, Repository.ContentSource.of(config));
        Manifest manifest = new ManifestContent(
                        MediaTypes.OCI_MANIFEST, "", configDescriptor, descriptors, List.of(), null, Map.of())
                .toManifest();
        layout.pushManifest(manifest);
        layout.tag(manifest.digest(), "v1");
    }
}
