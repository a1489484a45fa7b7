package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.export.Enforcement;
import io.jenkins.plugins.countersign.engine.export.ExportFormat;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Other people's verifiers about our approvals, rejections and seals. */
public class ForeignVerifierTest {

    @ClassRule
    public static final DockerRegistry WITHOUT_REFERRERS = DockerRegistry.plain();

    @ClassRule
    public static final ReferrersRegistry WITH_REFERRERS = new ReferrersRegistry();

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private World world;
    private Path root;

    @Before
    public void people() throws Exception {
        world = World.of(World.STAGES);
        root = folder.getRoot().toPath();
        for (String person : List.of("carol", "erin", "gate", "mallory")) {
            world.publicKey(root, person);
        }
    }

    private static Repository open(String host, String name) {
        return Repositories.open(host + "/" + name, RegistryAccess.of(host).insecurePlainHttp());
    }

    private Run cosign(String program, String person, String image, String... more) throws Exception {
        RealPart.require(program);
        List<String> command = new ArrayList<>(List.of(
                program,
                "verify",
                "--key",
                root.resolve(person + ".pub").toString(),
                "--insecure-ignore-tlog=true",
                "--allow-http-registry"));
        command.addAll(List.of(more));
        if (program.equals("cosign2")) {
            // Where it finds bundles, cosign 2 wants one, although nothing of it is used with a key.
            command.add("--trusted-root="
                    + Files.writeString(
                            root.resolve("trusted-root.json"),
                            "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[],"
                                    + "\"certificateAuthorities\":[],\"ctlogs\":[],\"timestampAuthorities\":[]}"));
        }
        command.add(image);
        return Run.of(Map.of("HOME", root.toString()), root, command);
    }

    private static void refused(Run run, String why) {
        assertNotEquals(run.output(), 0, run.exitCode());
        assertThat(run.output(), containsString(why));
    }

    @Test
    public void aRejectionIsASignatureForNobody() throws Exception {
        for (String host : List.of(WITHOUT_REFERRERS.host(), WITH_REFERRERS.host())) {
            Repository repository = open(host, "rejected/app");
            Digest image = Samples.pushIndex(repository, 1).digest();
            world.reject(repository, image, "erin", "qa", "qa");
            String name = repository.name() + "@" + image;
            refused(cosign("cosign3", "erin", name), "no signatures found");
            refused(cosign("cosign3", "erin", name, "-a", "stage=qa"), "no signatures found");
            refused(cosign("cosign2", "erin", name), "no signatures found");
            refused(cosign("cosign2", "erin", name, "--new-bundle-format"), "");
        }
    }

    @Test
    public void anApprovalIsAcceptedForItsStageAndItsApproverAlone() throws Exception {
        for (String host : List.of(WITHOUT_REFERRERS.host(), WITH_REFERRERS.host())) {
            Repository repository = open(host, "approved/app");
            Digest image = Samples.pushIndex(repository, 2).digest();
            world.approve(repository, image, "carol", "qa", "qa");
            String name = repository.name() + "@" + image;
            refused(cosign("cosign3", "carol", name, "-a", "stage=production"), "");
            refused(cosign("cosign3", "erin", name, "-a", "stage=qa"), "");
            cosign("cosign3", "carol", name, "-a", "stage=qa").succeeded();
            cosign("cosign3", "carol", name, "-a", "stage=qa", "-a", "role=qa").succeeded();
            cosign("cosign2", "carol", name, "--new-bundle-format", "-a", "stage=qa")
                    .succeeded();
        }
    }

    @Test
    public void aSealIsAcceptedByAll() throws Exception {
        for (String host : List.of(WITHOUT_REFERRERS.host(), WITH_REFERRERS.host())) {
            Repository source = open(host, "sealed/app");
            Repository destination = open(host, "sealed/prod");
            Digest image = Samples.pushIndex(source, 3).digest();
            world.approve(source, image, "carol", "qa", "qa");
            try (Ledger ledger = Ledger.open(root.resolve("ledger-" + host.replace(':', '-')), world.clock)) {
                assertTrue(world.promotion(ledger)
                        .promote(new Promotion.Order(source, image, "qa", destination, List.of("1.0")))
                        .promoted());
            }
            String name = destination.name() + ":1.0";
            refused(cosign("cosign3", "mallory", name), "");
            refused(cosign("cosign2", "mallory", name), "");
            refused(cosign("cosign3", "gate", name, "-a", "stage=production"), "");
            // cosign 2.6 does not look at -a once it reads bundles: who asks for the stage needs cosign 3.
            cosign("cosign2", "gate", name, "-a", "stage=production").succeeded();
            cosign("cosign3", "gate", name, "-a", "stage=qa").succeeded();
            cosign("cosign2", "gate", name, "-a", "stage=qa").succeeded();
            cosign("cosign2", "gate", name, "--new-bundle-format", "-a", "stage=qa")
                    .succeeded();
            Digest platform = destination
                    .manifest(image)
                    .orElseThrow()
                    .read()
                    .manifests()
                    .get(0)
                    .digest();
            cosign("cosign2", "gate", destination.name() + "@" + platform, "-a", "stage=qa")
                    .succeeded();
            cosign("cosign3", "gate", destination.name() + "@" + platform, "-a", "stage=qa")
                    .succeeded();
        }
    }

    @Test
    public void containersAdmitsWhatWasSealedForItsNameAndNothingElse() throws Exception {
        RealPart.require("skopeo-sigstore");
        String host = WITHOUT_REFERRERS.host();
        Repository source = open(host, "admitted/app");
        Repository destination = open(host, "admitted/prod");
        Digest image = Samples.pushIndex(source, 4).digest();
        world.approve(source, image, "carol", "qa", "qa");
        try (Ledger ledger = Ledger.open(root.resolve("ledger"), world.clock)) {
            assertTrue(world.promotion(ledger)
                    .promote(new Promotion.Order(source, image, "qa", destination, List.of("1.0")))
                    .promoted());
        }
        destination.tag(image, "2.0");
        destination.tag(Samples.pushIndex(destination, 5).digest(), "unsealed");
        Map<String, String> files = ExportFormat.CONTAINERS
                .export(Enforcement.of(world.trust(), "qa", List.of(destination.name()), world.clock.instant()))
                .files();
        Files.createDirectories(root.resolve("registries.d"));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(root.resolve(file.getKey()), file.getValue());
        }
        skopeo(destination.name() + ":1.0").succeeded();
        skopeo(destination.name() + "@" + image).succeeded();
        refused(skopeo(destination.name() + ":unsealed"), "A signature was required, but no signature exists");
        refused(skopeo(destination.name() + ":2.0"), "is not accepted");
        refused(skopeo(source.name() + "@" + image), "rejected by policy");
        assertEquals(3, files.size());
    }

    private Run skopeo(String image) throws Exception {
        return Run.of(
                Map.of("HOME", root.toString()),
                root,
                List.of(
                        "skopeo-sigstore",
                        "--policy",
                        root.resolve("policy.json").toString(),
                        "--registries.d",
                        root.resolve("registries.d").toString(),
                        "copy",
                        "--remove-signatures",
                        "--override-os",
                        "linux",
                        "--override-arch",
                        "amd64",
                        "--src-tls-verify=false",
                        "docker://" + image,
                        "dir:" + Files.createTempDirectory(root, "pulled")));
    }
}
