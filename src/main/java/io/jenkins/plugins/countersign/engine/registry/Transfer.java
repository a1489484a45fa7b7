package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Brings blobs and manifests from one place to another, several blobs at a time, and counts. Holds a buffer for each blob on
 * its way and the manifests, never an image.
 */
final class Transfer {

    private static final long ADVANCED_EVERY = 1 << 20;

    private final ImageContent from;
    private final Repository to;
    private final int parallel;
    private final Progress progress;
    private final Set<Digest> done = new TreeSet<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger uploaded = new AtomicInteger();
    private final AtomicInteger skipped = new AtomicInteger();
    private final AtomicInteger mounted = new AtomicInteger();
    private final Set<Digest> confirmed = new TreeSet<>();
    private final long started = System.nanoTime();
    private volatile boolean mountFirst;
    private boolean manifestsMayBeThere;

    Transfer(ImageContent from, Repository to, int parallel, Progress progress) {
        this.from = from;
        this.to = to;
        this.parallel = parallel;
        this.progress = progress;
    }

    void announce(int manifests, Collection<Descriptor> blobs) {
        progress.on(new Event.TransferStarted(
                from.name(),
                to.name(),
                manifests,
                blobs.size(),
                blobs.stream().mapToLong(Descriptor::size).sum()));
    }

    /**
     * Whether the tag names the image already, so that nothing of it has to be asked for or sent. The registry handed out
     * the manifest itself, with this digest. That all below it is there as well is what it saw to when it took that manifest;
     * what it lost since then is not noticed.
     */
    boolean isTagged(Digest digest, String tag) throws RegistryException {
        return to instanceof RegistryRepository registry && registry.isTagged(digest, tag);
    }

    /** Whether the image is there under some name. */
    boolean has(Digest image) throws RegistryException {
        return to instanceof RegistryRepository registry && registry.hasManifest(image);
    }

    /** What is asked first depends on this, never what is done. */
    void expect(boolean mostIsThere) {
        manifestsMayBeThere = mostIsThere;
        mountFirst = !mostIsThere;
    }

    /** Counts an image that is there as a whole. */
    void skip(ImageTree tree) {
        for (Descriptor blob : tree.blobs()) {
            if (done.add(blob.digest())) {
                skipped(blob);
            }
        }
        for (Manifest manifest : tree.manifests()) {
            done.add(manifest.digest());
        }
    }

    private void skipped(Descriptor blob) {
        skipped.incrementAndGet();
        progress.on(new Event.BlobSkipped(blob.digest(), blob.size()));
    }

    void blobs(Collection<Descriptor> all) throws RegistryException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (Descriptor blob : all) {
            if (done.add(blob.digest())) {
                tasks.add(() -> {
                    blob(blob);
                    return null;
                });
            }
        }
        inParallel(tasks);
    }

    /** In the given order, in which each comes after what it refers to. */
    void manifests(List<Manifest> all) throws RegistryException {
        for (Manifest manifest : all) {
            Digest digest = manifest.digest();
            if (done.add(digest)) {
                push(manifest);
                progress.on(new Event.ManifestDone(digest, manifest.content().length));
            }
        }
    }

    private void push(Manifest manifest) throws RegistryException {
        if (!(to instanceof RegistryRepository registry)) {
            to.pushManifest(manifest);
        } else if (manifestsMayBeThere && registry.hasManifest(manifest.digest()) || registry.store(manifest)) {
            confirmed.add(manifest.digest());
        }
    }

    /** What the registry confirmed to have is not read back first. */
    void tag(Manifest manifest, String tag) throws RegistryException {
        if (to instanceof RegistryRepository registry && confirmed.contains(manifest.digest())) {
            registry.tag(manifest, tag);
        } else {
            to.tag(manifest.digest(), tag);
        }
        progress.on(new Event.Tagged(to.name(), tag, manifest.digest()));
    }

    PushResult result(Digest digest, String tag, int attachments) {
        Duration took = Duration.ofNanos(System.nanoTime() - started);
        progress.on(new Event.TransferDone(to.name(), skipped.get(), mounted.get(), uploaded.get(), bytes.get(), took));
        return new PushResult(
                to.name(), tag, digest, bytes.get(), uploaded.get(), skipped.get(), mounted.get(), attachments, took);
    }

    private void blob(Descriptor blob) throws RegistryException {
        long begun = System.nanoTime();
        progress.on(new Event.BlobStarted(blob.digest(), blob.size()));
        ContentSource content = new Reported(blob);
        BlobArrival arrival = to instanceof RegistryRepository registry
                ? registry.pushBlob(blob, content, from, mountFirst)
                : to.pushBlob(blob, content);
        if (arrival != BlobArrival.MOUNTED) {
            mountFirst = false;
        }
        switch (arrival) {
            case WAS_THERE -> skipped(blob);
            case MOUNTED -> {
                mounted.incrementAndGet();
                progress.on(new Event.BlobMounted(blob.digest(), blob.size(), from.name()));
            }
            case UPLOADED -> {
                uploaded.incrementAndGet();
                bytes.addAndGet(blob.size());
                progress.on(
                        new Event.BlobDone(blob.digest(), blob.size(), Duration.ofNanos(System.nanoTime() - begun)));
            }
        }
    }

    /** The first failure stops the others, and is thrown when all have stopped: nothing goes on behind the caller's back. */
    private void inParallel(List<Callable<Void>> tasks) throws RegistryException {
        if (tasks.isEmpty()) {
            return;
        }
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(parallel, tasks.size()), task -> {
            Thread thread = new Thread(task, "countersign transfer to " + to.name());
            thread.setDaemon(true);
            return thread;
        });
        try {
            CompletionService<Void> completion = new ExecutorCompletionService<>(threads);
            tasks.forEach(completion::submit);
            for (int i = 0; i < tasks.size(); i++) {
                Future<Void> next = completion.take();
                next.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while transferring to " + to.name(), e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RegistryException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new RegistryException(
                    "tried to transfer " + from.name() + " to " + to.name() + ", but failed: " + e.getCause(),
                    e.getCause());
        } finally {
            threads.shutdownNow();
            Readings.awaitEnd(threads);
        }
    }

    /** A blob's content, reporting how much of it was read. Unverified where possible: who takes it verifies it. */
    private final class Reported implements ContentSource {

        private final Descriptor blob;

        Reported(Descriptor blob) {
            this.blob = blob;
        }

        @Override
        public InputStream open() throws IOException {
            return openAt(0);
        }

        @Override
        public void prepare() throws RegistryException {
            if (from instanceof RawContent raw) {
                raw.prepare(blob);
            }
        }

        @Override
        public Optional<FileRange> file() {
            return from instanceof RawContent raw ? raw.file(blob) : Optional.empty();
        }

        @Override
        public boolean leftToReceiver() {
            return from instanceof RegistryRepository;
        }

        @Override
        public void sent(long position) {
            progress.on(new Event.BlobAdvanced(blob.digest(), position, blob.size()));
        }

        @Override
        public InputStream openAt(long offset) throws IOException {
            if (from instanceof RawContent raw) {
                return new Counting(raw.openUnverified(blob, offset), offset);
            }
            InputStream in = from.openBlob(blob);
            in.skipNBytes(offset);
            return new Counting(in, offset);
        }

        private final class Counting extends FilterInputStream {

            private long count;
            private long reported;

            Counting(InputStream in, long offset) {
                super(in);
                this.count = offset;
                this.reported = offset;
            }

            @Override
            public int read() throws IOException {
                int read = in.read();
                count(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int read = in.read(buffer, offset, length);
                count(Math.max(0, read));
                return read;
            }

            private void count(int more) {
                count += more;
                if (count - reported >= ADVANCED_EVERY) {
                    reported = count;
                    progress.on(new Event.BlobAdvanced(blob.digest(), count, blob.size()));
                }
            }
        }
    }
}
