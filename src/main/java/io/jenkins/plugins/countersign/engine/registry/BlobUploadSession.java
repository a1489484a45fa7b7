package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The requests of one upload: POST begins it, PATCH adds to it, GET asks how much arrived, PUT ends it. Each is one attempt;
 * {@link BlobPush} repeats. Source: OCI distribution specification 1.1, "Pushing blobs".
 */
final class BlobUploadSession {

    /** The registry knows nothing of the session any more. */
    static final class Lost extends IOException {

        private static final long serialVersionUID = 1L;

        Lost(String message) {
            super(message);
        }
    }

    /** The registry, or a proxy before it, takes no request of this size. */
    static final class TooLarge extends IOException {

        private static final long serialVersionUID = 1L;

        TooLarge(String message) {
            super(message);
        }
    }

    /** An answer after which it may be tried again. */
    static final class Repeatable extends IOException {

        private static final long serialVersionUID = 1L;

        final transient Failure failure;

        Repeatable(Failure failure) {
            super(failure.reason());
            this.failure = failure;
        }
    }

    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

    private final RepositoryPath path;
    private final Exchange exchange;
    private final Digest digest;
    private URI location;

    private BlobUploadSession(RepositoryPath path, Exchange exchange, Digest digest, URI location) {
        this.path = path;
        this.exchange = exchange;
        this.digest = digest;
        this.location = location;
    }

    /**
     * Begins a session; empty when {@code mountFrom} is a repository that the registry took the blob from, so that none is
     * needed.
     */
    static Optional<BlobUploadSession> begin(
            RepositoryPath path, Exchange exchange, Digest digest, Optional<String> mountFrom) throws IOException {
        Set<String> scopes = new TreeSet<>(path.push());
        mountFrom.ifPresent(from -> scopes.add("repository:" + from + ":pull"));
        String query = mountFrom
                .map(from -> "?mount=" + encode(digest) + "&from=" + from)
                .orElse("");
        Request request = Request.post(action(path, digest), path.resolve("/blobs/uploads/" + query), scopes);
        try (Answer answer = exchange.once(request, Exchange.Follow.SAFELY)) {
            repeatable(answer, path);
            if (answer.status() == 201 && mountFrom.isPresent()) {
                stored(answer, path, digest, "taken over from " + mountFrom.get());
                return Optional.empty();
            }
            if (answer.status() != 202) {
                throw answer.unexpected("status 202");
            }
            return Optional.of(
                    new BlobUploadSession(path, exchange, digest, exchange.target(answer, "wants the upload to go")));
        }
    }

    /**
     * Sends a piece.
     *
     * @return how many bytes the registry has now
     */
    long patch(CheckedContent content, long from, long length, boolean ranged) throws IOException {
        Request request = new Request(
                action(path, digest),
                "PATCH",
                location,
                Map.of("Content-Type", "application/octet-stream"),
                content.piece(from, length),
                path.push());
        if (ranged) {
            request = request.with("Content-Range", from + "-" + (from + length - 1));
        }
        try (Answer answer = exchange.once(request, Exchange.Follow.SAFELY)) {
            check(answer);
            if (answer.status() != 202) {
                throw answer.unexpected("status 202");
            }
            moveTo(answer);
            return arrived(answer).orElse(from + length);
        }
    }

    /** How many bytes the registry has. */
    long arrived() throws IOException {
        Request request = Request.get(action(path, digest), location, path.push());
        try (Answer answer = exchange.once(request, Exchange.Follow.SAFELY)) {
            check(answer);
            if (answer.status() != 204 && answer.status() != 202 && answer.status() != 200) {
                throw new Lost("the registry does not say how much arrived (status " + answer.status() + ")");
            }
            moveTo(answer);
            return arrived(answer).orElseThrow(() -> new Lost("the registry does not say how much arrived"));
        }
    }

    /** Ends the session, with all of the content or with none of it. */
    void finish(CheckedContent content, long length) throws IOException {
        String address = location.toString();
        URI uri = URI.create(address + (address.indexOf('?') < 0 ? "?" : "&") + "digest=" + encode(digest));
        Request request = new Request(
                action(path, digest),
                "PUT",
                uri,
                Map.of("Content-Type", "application/octet-stream"),
                content.piece(0, length),
                path.push());
        try (Answer answer = exchange.once(request, Exchange.Follow.SAFELY)) {
            check(answer);
            if (answer.status() == 400) {
                content.blame();
                throw new Lost("the registry says that other bytes arrived: " + RegistryErrors.describe(answer));
            }
            if (answer.status() != 201 && answer.status() != 204) {
                throw answer.unexpected("status 201");
            }
            stored(answer, path, digest, "pushed");
        }
    }

    private static void stored(Answer answer, RepositoryPath path, Digest digest, String how)
            throws DigestMismatchException {
        Optional<String> stored = answer.header("Docker-Content-Digest").filter(d -> d.startsWith(digest.algorithm()));
        if (stored.isPresent() && !stored.get().equals(digest.toString())) {
            throw new DigestMismatchException(
                    "what " + path.name() + " stored when blob " + digest + " was " + how,
                    digest,
                    RegistryErrors.clean(stored.get()));
        }
    }

    /**
     * Lets the registry forget the session; nothing is lost if it does not. registry:2 does not when a request was broken
     * off: the session's address says how much had arrived before, and any other is refused. It forgets such uploads later.
     */
    void cancel() {
        Request request =
                new Request("cancel the upload of " + digest, "DELETE", location, Map.of(), null, path.push());
        try (Answer answer = exchange.once(request, Exchange.Follow.NOWHERE)) {
            answer.status();
        } catch (IOException e) {
            // registries forget unfinished uploads by themselves, later
        }
    }

    private void check(Answer answer) throws IOException {
        repeatable(answer, path);
        if (answer.status() == 404 || answer.status() == 410 || answer.status() == 416) {
            throw new Lost("the registry no longer knows the upload as it was: " + RegistryErrors.describe(answer));
        }
        if (answer.status() == 413) {
            throw new TooLarge("the registry takes no request of this size: " + RegistryErrors.describe(answer));
        }
    }

    private static void repeatable(Answer answer, RepositoryPath path) throws Repeatable {
        Optional<Failure> failure = Failure.of(answer, path.access().clock());
        if (failure.isPresent()) {
            throw new Repeatable(failure.get());
        }
    }

    private void moveTo(Answer answer) throws RegistryException {
        if (answer.header("Location").isPresent()) {
            location = exchange.target(answer, "wants the upload to go");
        }
    }

    /** registry:2 says 0-0 for nothing and for one byte; taken as nothing, one byte is sent again and noticed. */
    private static Optional<Long> arrived(Answer answer) {
        Matcher matcher = RANGE.matcher(answer.header("Range").orElse(""));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long last = Long.parseLong(matcher.group(1));
        return Optional.of(last == 0 ? 0 : last + 1);
    }

    private static String action(RepositoryPath path, Digest digest) {
        return "upload blob " + digest + " to " + path.name();
    }

    private static String encode(Digest digest) {
        return digest.algorithm() + "%3A" + digest.hex();
    }
}
