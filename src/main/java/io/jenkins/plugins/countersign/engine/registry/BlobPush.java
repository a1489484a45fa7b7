package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Brings one blob into a repository: nothing if it is there, a mount if another repository of the registry has it, else an
 * upload that goes on where it was when the connection breaks. A blob goes whole with the request that ends the upload, which
 * is least work for the registry too; if that breaks, or it is very large, before that in as few requests as the registry
 * takes, because of those most registries keep what arrived.
 */
final class BlobPush {

    private static final long SMALL = 1 << 20;
    private static final long LARGE = 256 << 20;
    private static final long SMALLEST_CHUNK = 4 << 20;
    private static final long COUNTS_AS_PROGRESS = 64 << 10;
    private static final Duration GIVEN_UP_WITHIN = Duration.ofSeconds(2);

    private final RepositoryPath path;
    private final Exchange exchange;
    private final Descriptor blob;
    private final CheckedContent content;
    private final Repetition repetition;
    private Optional<String> mountFrom;
    private boolean looked;
    private long chunk;
    private BlobUploadSession session;
    private long arrived;
    private boolean mayBeWhole;
    private boolean broke;

    BlobPush(RepositoryPath path, Exchange exchange, Descriptor blob, ContentSource source, Optional<String> mountFrom)
            throws RegistryException {
        this.path = path;
        this.exchange = exchange;
        this.blob = blob;
        this.mountFrom = mountFrom;
        this.content = new CheckedContent(blob, source, "blob " + blob.digest() + " for " + path.name());
        this.repetition = new Repetition(path.access(), "upload blob " + blob.digest() + " to " + path.name());
        this.chunk = path.access().chunkBytes();
    }

    /**
     * Takes it over first and looks for it only when that is refused: one request where there would be two. A registry takes
     * over what is there already as well, so this is for what most likely is not.
     */
    BlobArrival runMounting() throws RegistryException {
        return run(mountFrom.isPresent());
    }

    BlobArrival run() throws RegistryException {
        return run(false);
    }

    private BlobArrival run(boolean mountFirst) throws RegistryException {
        try {
            if (!mountFirst && isThere()) {
                return BlobArrival.WAS_THERE;
            }
            return push();
        } catch (RegistryException e) {
            giveUp();
            throw e;
        }
    }

    /** Lets the registry drop what came of it. By another thread, because an interrupted one can ask nobody anything. */
    private void giveUp() {
        if (session == null) {
            return;
        }
        Thread asking = new Thread(session::cancel, "countersign gives up an upload to " + path.name());
        asking.setDaemon(true);
        asking.start();
        boolean interrupted = Thread.interrupted();
        try {
            asking.join(GIVEN_UP_WITHIN.toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            asking.interrupt();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private BlobArrival push() throws RegistryException {
        while (true) {
            repetition.check();
            Failure failure;
            try {
                return attempt();
            } catch (BlobUploadSession.Lost e) {
                session = null;
                failure = Failure.connection(e.getMessage());
            } catch (BlobUploadSession.TooLarge e) {
                failure = smallerChunks(e);
            } catch (BlobUploadSession.Repeatable e) {
                failure = e.failure;
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                failure = Failure.of(e, "upload blob " + blob.digest() + " to " + path.name(), path.host());
            }
            broke = true;
            repetition.pauseAfter(failure);
            if (mayBeWhole && isThere()) {
                return BlobArrival.UPLOADED; // only the answer was lost
            }
            mayBeWhole = false;
        }
    }

    private boolean isThere() throws RegistryException {
        looked = true;
        OptionalLong size = new BlobHead(path, blob.digest(), path.push()).from(exchange);
        if (size.isPresent() && size.getAsLong() >= 0 && size.getAsLong() != blob.size()) {
            throw new SizeMismatchException(
                    "blob " + blob.digest() + " of " + path.name(), blob.size(), "" + size.getAsLong());
        }
        return size.isPresent();
    }

    private BlobArrival attempt() throws IOException {
        boolean resumed = session != null;
        if (resumed) {
            resume();
        } else {
            Optional<BlobUploadSession> begun = begin();
            if (begun.isEmpty()) {
                return BlobArrival.MOUNTED;
            }
            session = begun.get();
            arrived = 0;
            if (!looked && isThere()) {
                giveUp();
                return BlobArrival.WAS_THERE;
            }
        }
        content.prepare();
        if (blob.size() <= (broke ? SMALL : LARGE) && blob.size() <= chunk && !resumed) {
            mayBeWhole = true;
            session.finish(content, blob.size());
            return BlobArrival.UPLOADED;
        }
        while (arrived < blob.size()) {
            long length = Math.min(chunk, blob.size() - arrived);
            // Docker sends the whole without a range, and every registry understands it; ranges are for the rest
            boolean ranged = arrived > 0 || length < blob.size();
            advanceTo(session.patch(content, arrived, length, ranged));
        }
        mayBeWhole = true;
        session.finish(content, 0);
        return BlobArrival.UPLOADED;
    }

    private Optional<BlobUploadSession> begin() throws IOException {
        try {
            return BlobUploadSession.begin(path, exchange, blob.digest(), mountFrom);
        } catch (UnauthorizedException | ForbiddenException e) {
            if (mountFrom.isEmpty()) {
                throw e;
            }
            mountFrom = Optional.empty(); // may not read there; then upload
            return BlobUploadSession.begin(path, exchange, blob.digest(), mountFrom);
        }
    }

    private void resume() throws IOException {
        long now = session.arrived();
        if (now > content.reached() || now > blob.size()) {
            throw new BlobUploadSession.Lost(
                    "the registry says that " + now + " bytes arrived, but only " + content.reached() + " were sent");
        }
        if (now >= arrived + COUNTS_AS_PROGRESS) {
            repetition.advanced();
        }
        arrived = now;
    }

    private void advanceTo(long now) throws BlobUploadSession.Lost {
        if (now <= arrived || now > blob.size() || now > content.reached()) {
            throw new BlobUploadSession.Lost(
                    "the registry says that it has " + now + " bytes of " + blob.size() + ", after it had " + arrived);
        }
        arrived = now;
        repetition.advanced();
    }

    private Failure smallerChunks(BlobUploadSession.TooLarge refused) throws RegistryException {
        long length = Math.min(chunk, blob.size());
        if (length <= SMALLEST_CHUNK) {
            throw new UnexpectedAnswerException("tried to upload blob " + blob.digest() + " to " + path.name()
                    + " in pieces of " + length + " bytes, but " + refused.getMessage());
        }
        chunk = Math.max(SMALLEST_CHUNK, length / 4);
        session = null;
        return Failure.connection(refused.getMessage());
    }
}
