package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.junit.Test;

/** What holds for every repository, whatever stands behind it. */
public abstract class RepositoryContract {

    /** A repository of that name, empty at first; the same one each time. */
    abstract Repository open(String name) throws Exception;

    @Test
    public void nothingIsThereAtFirst() throws Exception {
        Repository repository = open("empty");
        Digest digest = Digest.of("never pushed".getBytes());
        assertEquals(Optional.empty(), repository.resolve("v1"));
        assertEquals(Optional.empty(), repository.manifest(digest));
        assertFalse(repository.hasBlob(digest));
        assertEquals(List.of(), repository.tags());
        assertEquals(List.of(), repository.referrers(digest));
    }

    @Test
    public void imageIsReadBackAsItWasPushed() throws Exception {
        Repository repository = open("image");
        Manifest image = Samples.pushImage(repository, 1, 10, 0, 100_000, 3_000_000);
        repository.tag(image.digest(), "v1");
        assertEquals(image.descriptor(), repository.resolve("v1").orElseThrow());
        assertArrayEquals(
                image.content(),
                repository.manifest(image.digest()).orElseThrow().content());
        for (Descriptor blob : image.read().blobs()) {
            assertTrue(repository.hasBlob(blob.digest()));
            try (InputStream in = repository.openBlob(blob)) {
                assertEquals(blob.digest(), Digest.of(in.readAllBytes()));
            }
        }
    }

    @Test
    public void whatIsThereIsNotUploadedAgain() throws Exception {
        Repository repository = open("again");
        byte[] content = Samples.bytes(7, 50_000);
        Descriptor blob = Descriptor.of(Samples.LAYER, content);
        assertEquals(BlobArrival.UPLOADED, repository.pushBlob(blob, ContentSource.of(content)));
        assertEquals(BlobArrival.WAS_THERE, repository.pushBlob(blob, () -> {
            throw new AssertionError("the content was opened");
        }));
    }

    @Test
    public void indexIsTaggedAndTheTagMoves() throws Exception {
        Repository repository = open("index");
        Manifest first = Samples.pushIndex(repository, 1);
        Manifest second = Samples.pushIndex(repository, 2);
        repository.tag(first.digest(), "v1");
        repository.tag(second.digest(), "v2");
        repository.tag(second.digest(), "v1");
        assertEquals(second.digest(), repository.resolve("v1").orElseThrow().digest());
        assertEquals(List.of("v1", "v2"), repository.tags());
        assertEquals(
                "an untagged index stays",
                first.digest(),
                repository.manifest(first.digest()).orElseThrow().digest());
    }

    @Test
    public void whatIsAttachedIsListed() throws Exception {
        Repository repository = open("attached");
        Descriptor image = Samples.pushImage(repository, 1, 10).descriptor();
        Descriptor other = Samples.pushImage(repository, 2, 10).descriptor();
        Manifest approved = Samples.statement(repository, image, "approved");
        Manifest reviewed = Samples.statement(repository, image, "reviewed");
        repository.attach(approved);
        repository.attach(approved);
        repository.attach(reviewed);
        repository.attach(Samples.statement(repository, other, "rejected"));
        List<Descriptor> referrers = repository.referrers(image.digest());
        assertEquals(
                List.of("approved", "reviewed"),
                referrers.stream()
                        .map(r -> r.annotations().get("text"))
                        .sorted()
                        .toList());
        for (Descriptor referrer : referrers) {
            assertEquals("application/vnd.example.statement+json", referrer.artifactType());
            assertEquals(
                    image.digest(),
                    repository
                            .manifest(referrer.digest())
                            .orElseThrow()
                            .read()
                            .subjectOrNull()
                            .digest());
        }
    }

    @Test
    public void somethingCanBeAttachedToWhatIsAttached() throws Exception {
        Repository repository = open("chain");
        Descriptor image = Samples.pushImage(repository, 1, 10).descriptor();
        Manifest statement = Samples.statement(repository, image, "approved");
        repository.attach(statement);
        repository.attach(Samples.statement(repository, statement.descriptor(), "withdrawn"));
        assertEquals(1, repository.referrers(image.digest()).size());
        assertEquals(1, repository.referrers(statement.digest()).size());
    }
}
