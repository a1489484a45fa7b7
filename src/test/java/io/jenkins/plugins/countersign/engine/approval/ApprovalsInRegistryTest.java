package io.jenkins.plugins.countersign.engine.approval;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Real registries, and somebody else's verifier. */
public class ApprovalsInRegistryTest {

    private static final int APPROVERS = 50;

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void fiftyApproversAtOnceOnARegistryWithoutReferrers() throws Throwable {
        DockerRegistry registry = new DockerRegistry();
        registry.before();
        try {
            RegistryAccess access = RegistryAccess.of(registry.host())
                    .withAuthorities(Files.readString(registry.authority()))
                    .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD);
            fiftyApproversAtOnce(() -> Repositories.open(registry.host() + "/app", access));
        } finally {
            registry.after();
        }
    }

    @Test
    public void fiftyApproversAtOnceOnARegistryWithReferrers() throws Throwable {
        ReferrersRegistry registry = new ReferrersRegistry();
        registry.before();
        try {
            fiftyApproversAtOnce(() -> registry.open("app"));
        } finally {
            registry.after();
        }
    }

    /** Each over a connection of its own; then two controllers that never met decide the same. */
    private static void fiftyApproversAtOnce(Callable<Repository> open) throws Exception {
        PolicyText text = new PolicyText();
        List<String> people = new ArrayList<>();
        for (int i = 0; i < APPROVERS; i++) {
            people.add("p" + i);
        }
        text.people(people.toArray(String[]::new))
                .role("qa", String.join(", ", people))
                .stage("qa", "{needs: [{role: qa, count: " + APPROVERS + "}]}");
        PolicyReference policy = PolicyReference.to(text.policy());
        Manifest manifest;
        ApprovedImage image;
        try (Repository repository = open.call()) {
            manifest = Samples.pushImage(repository, 1, 100);
            image = new ApprovedImage(repository.name(), "1", manifest.digest(), manifest.content().length, List.of());
        }
        Descriptor descriptor = manifest.descriptor();
        ExecutorService threads = Executors.newFixedThreadPool(APPROVERS);
        CountDownLatch ready = new CountDownLatch(APPROVERS);
        try {
            List<Future<Digest>> attached = new ArrayList<>();
            for (String person : people) {
                attached.add(threads.submit(() -> {
                    try (Repository repository = open.call()) {
                        var signed = Approvals.sign(
                                Approval.of(image, "qa", "qa", person, policy, Scene.ago("PT1M"), 1), TestKeys.of(person));
                        ready.countDown();
                        ready.await();
                        return Approvals.attach(new SignatureStore(repository), descriptor, signed, Scene.NOW);
                    }
                }));
            }
            for (Future<Digest> one : attached) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        List<String> decisions = new ArrayList<>();
        for (int controller = 0; controller < 2; controller++) {
            try (Repository repository = open.call()) {
                Decision decision = Gate.decide(GateInput.of(
                        text.trusted(),
                        "qa",
                        image,
                        new SignatureStore(repository).collect(manifest.digest()),
                        Scene.NOW));
                assertTrue(decision.toText(), decision.isOpen());
                assertEquals(APPROVERS, decision.counted().size());
                decisions.add(decision.toJson().toString());
            }
        }
        assertEquals(decisions.get(0), decisions.get(1));
    }

    @Test
    public void cosignAcceptsAnApprovalForItsStageAndNoRecordAtAll() throws Throwable {
        RealPart.require("cosign3");
        ReferrersRegistry registry = new ReferrersRegistry();
        registry.before();
        try (Repository repository = registry.open("foreign")) {
            Digest index = Samples.pushIndex(repository, 1).digest();
            List<Descriptor> parts = Subjects.of(repository, index);
            ApprovedImage image = new ApprovedImage(
                    repository.name(),
                    "1",
                    index,
                    parts.get(0).size(),
                    parts.stream().map(Descriptor::digest).filter(d -> !d.equals(index)).toList());
            Scene scene = Scene.qa();
            SignatureStore store = new SignatureStore(repository);
            GateRecord rejection = GateRecord.rejection(
                    image, "qa", "qa", "erin", scene.reference(), "no", Scene.ago("PT1H"), 1);
            Approvals.attach(store, parts.get(0), Approvals.sign(rejection, TestKeys.of("erin")), Scene.NOW);
            String name = registry.host() + "/foreign@" + index;
            Path erin = key("erin");
            assertNotEquals(0, cosign(name, erin).exitCode());
            assertNotEquals(0, cosign(name, erin, "-a", "stage=qa").exitCode());

            Approval approval = Approval.of(image, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1);
            var signed = Approvals.sign(approval, TestKeys.of("carol"));
            for (Descriptor part : parts) {
                Approvals.attach(store, part, signed, Scene.NOW);
            }
            Path carol = key("carol");
            for (Descriptor part : parts) {
                String partName = registry.host() + "/foreign@" + part.digest();
                cosign(partName, carol, "-a", "stage=qa", "-a", "role=qa").succeeded();
                assertNotEquals(0, cosign(partName, carol, "-a", "stage=production").exitCode());
                assertNotEquals(0, cosign(partName, erin).exitCode());
            }
            scene.image = image;
            scene.found.addAll(store.collect(index));
            Decision decision = DecisionAsserts.assertHeld(scene, HoldReason.REJECTED);
            assertEquals("carol", decision.counted().get(0).person());
        } finally {
            registry.after();
        }
    }

    private Path key(String person) throws Exception {
        return Files.writeString(folder.getRoot().toPath().resolve(person + ".pub"), TestKeys.pem(person));
    }

    private Run cosign(String image, Path key, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "cosign3",
                "verify",
                "--key",
                key.toString(),
                "--insecure-ignore-tlog=true",
                "--allow-insecure-registry",
                "--allow-http-registry"));
        command.addAll(List.of(more));
        command.add(image);
        return Run.of(Map.of("HOME", folder.getRoot().toString()), folder.getRoot().toPath(), command);
    }
}
