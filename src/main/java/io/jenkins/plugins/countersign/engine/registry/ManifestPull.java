package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code GET /v2/<name>/manifests/<reference>}. Source: OCI distribution specification 1.1, "Pulling manifests". */
final class ManifestPull {

    static final String ACCEPT = MediaTypes.MANIFESTS.stream().sorted().collect(Collectors.joining(", "));

    private final RepositoryPath path;
    private final String reference;

    ManifestPull(RepositoryPath path, String tag) {
        this.path = path;
        this.reference = tag;
    }

    ManifestPull(RepositoryPath path, Digest digest) {
        this(path, digest.toString());
    }

    Optional<Manifest> from(Exchange exchange) throws RegistryException {
        return exchange.call(request(path.pull()), Exchange.Follow.SAFELY, this::read);
    }

    /** The same for whoever may push, empty also when what is there is nothing that can be taken for a manifest. */
    Optional<Manifest> understoodFrom(Exchange exchange) throws RegistryException {
        return exchange.call(request(path.push()), Exchange.Follow.SAFELY, answer -> {
            try {
                return read(answer);
            } catch (RegistryException e) {
                if (answer.status() == 200) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private Request request(Set<String> scopes) {
        return Request.get(
                        "read manifest " + reference + " of " + path.name(),
                        path.resolve("/manifests/" + reference),
                        scopes)
                .with("Accept", ACCEPT);
    }

    private Optional<Manifest> read(Answer answer) throws IOException {
        if (NotFound.isClear(answer)) {
            return Optional.empty();
        }
        if (answer.status() != 200) {
            throw answer.unexpected("a manifest");
        }
        String what = "manifest " + reference + " of " + path.name();
        if (!MediaTypes.MANIFESTS.contains(answer.contentType())) {
            throw new UnexpectedAnswerException(what + " came with the content type \""
                    + RegistryErrors.clean(answer.contentType()) + "\", expected one of " + ACCEPT);
        }
        byte[] content = answer.read(path.access().limits().manifestBytes());
        Digest found = Digest.of(content);
        if (Digest.isDigest(reference)) {
            Digest expected = Digest.parse(reference);
            if (!expected.matches(content)) {
                throw new DigestMismatchException(what, expected, found.toString());
            }
        } else {
            Optional<String> said = answer.header("Docker-Content-Digest").filter(d -> d.startsWith("sha256:"));
            if (said.isPresent() && !said.get().equals(found.toString())) {
                throw new UnexpectedAnswerException(what + " came with the digest " + RegistryErrors.clean(said.get())
                        + ", but the bytes that came have " + found);
            }
        }
        Manifest manifest = new Manifest(answer.contentType(), content);
        manifest.read();
        return Optional.of(manifest);
    }
}
