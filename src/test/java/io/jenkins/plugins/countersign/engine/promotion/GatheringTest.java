package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.CancelledException;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Readings;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.rules.Timeout;

/** Twelve approvals next to one image are read several at a time, and nobody can tell by the outcome. */
public class GatheringTest {

    private static final int APPROVALS = 12;

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    @Rule
    public final Timeout limit = new Timeout(60, TimeUnit.SECONDS);

    private static LayoutRepository repository;
    private static Digest image;
    private static List<Digest> manifests;

    @BeforeClass
    public static void approve() throws Exception {
        World world = World.of("  qa: {needs: [{role: crowd, count: " + APPROVALS + "}]}\n", APPROVALS);
        repository = LayoutRepository.at(FOLDER.getRoot().toPath().resolve("app"));
        image = Samples.pushIndex(repository, 1).digest();
        for (int i = 0; i < APPROVALS; i++) {
            world.approve(repository, image, "p" + i, "qa", "crowd");
        }
        manifests = repository.referrers(image).stream().map(Descriptor::digest).toList();
        assertEquals(APPROVALS, manifests.size());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Digest> found(Repository some) throws Exception {
        Gathering gathering = Gathering.of(some, image, "");
        assertEquals("", gathering.unknown());
        assertEquals(List.of(), gathering.atPlatforms());
        return gathering.atImage().stream().map(FoundSignature::manifest).toList();
    }

    @Test
    public void severalAtATimeAndNeverMoreThanSaid() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch four = new CountDownLatch(4);
        Repository counting = new Interposed(repository) {
            @Override
            public InputStream openBlob(Descriptor blob) throws RegistryException {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                four.countDown();
                await(four);
                now.decrementAndGet();
                return super.openBlob(blob);
            }
        };
        assertEquals(manifests, found(counting));
        assertThat(most.get(), lessThanOrEqualTo(Readings.AT_ONCE));
    }

    @Test
    public void theOrderIsThatOfTheListWhateverIsAnsweredFirst() throws Exception {
        CountDownLatch others = new CountDownLatch(6);
        Repository firstComesLast = new Interposed(repository) {
            @Override
            public Optional<Manifest> manifest(Digest digest) throws RegistryException {
                if (digest.equals(manifests.get(0))) {
                    await(others);
                } else if (manifests.contains(digest)) {
                    others.countDown();
                }
                return super.manifest(digest);
            }
        };
        assertEquals(manifests, found(firstComesLast));
    }

    @Test
    public void ofSeveralFailuresTheFirstInTheListIsTheReason() throws Exception {
        CountDownLatch laterFailed = new CountDownLatch(1);
        Repository failing = new Interposed(repository) {
            @Override
            public Optional<Manifest> manifest(Digest digest) throws RegistryException {
                if (digest.equals(manifests.get(2))) {
                    await(laterFailed);
                    throw new RegistryException("the third failed");
                }
                if (digest.equals(manifests.get(6))) {
                    laterFailed.countDown();
                    throw new RegistryException("the seventh failed");
                }
                return super.manifest(digest);
            }
        };
        Gathering gathering = Gathering.of(failing, image, "");
        assertEquals("the third failed", gathering.unknown());
        assertEquals("none of it is taken for all of it", List.of(), gathering.atImage());
        assertEquals(
                "the third failed",
                assertThrows(RegistryException.class, () -> new SignatureStore(failing).collect(image))
                        .getMessage());
    }

    @Test
    public void whatFailsAtAPlatformIsUnknownAndWhatLiesAtTheImageIsReadAllTheSame() throws Exception {
        Repository failing = new Interposed(repository) {
            @Override
            public List<Descriptor> referrers(Digest subject) throws RegistryException {
                if (!subject.equals(image)) {
                    throw new RegistryException("no answer about " + subject);
                }
                return super.referrers(subject);
            }
        };
        Gathering gathering = Gathering.of(failing, image, "");
        assertThat(gathering.unknown(), containsString("no answer about "));
        assertEquals(APPROVALS, gathering.atImage().size());
    }

    @Test
    public void whoIsInterruptedIsCancelledAndNothingGoesOnBehindIt() throws Exception {
        CountDownLatch hang = new CountDownLatch(Readings.AT_ONCE);
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        Repository hanging = new Interposed(repository) {
            @Override
            public InputStream openBlob(Descriptor blob) throws RegistryException {
                begun.incrementAndGet();
                hang.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new CancelledException("cancelled", e);
                } finally {
                    ended.incrementAndGet();
                }
                throw new AssertionError();
            }
        };
        AtomicReference<Exception> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread gatherer = new Thread(() -> {
            try {
                Gathering.of(hanging, image, "");
            } catch (Exception e) {
                thrown.set(e);
            }
            flag.set(Thread.currentThread().isInterrupted());
        });
        gatherer.start();
        await(hang);
        gatherer.interrupt();
        gatherer.join();
        assertEquals(CancelledException.class, thrown.get().getClass());
        assertThat(
                thrown.get().getMessage(), containsString("cancelled while trying to read what lies next to " + image));
        assertEquals("the flag is set again", true, flag.get());
        assertEquals(Readings.AT_ONCE, begun.get());
        assertEquals(Readings.AT_ONCE, ended.get());
    }
}
