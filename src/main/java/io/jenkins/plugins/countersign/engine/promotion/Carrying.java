package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Carries an image from one repository to another by digest, with everything that lies next to it. Nothing is tagged but that. */
final class Carrying {

    private static final int MAX_DEPTH = 4;
    private static final String SIGNATURE = "dev.cosignproject.cosign/signature";

    private final Repository from;
    private final Repository to;
    private final Progress progress;

    Carrying(Repository from, Repository to, Progress progress) {
        this.from = from;
        this.to = to;
        this.progress = progress;
    }

    void carry(Digest image) throws RegistryException {
        Set<Digest> manifests = new LinkedHashSet<>();
        image(image, manifests, 0);
        for (Digest subject : manifests) {
            for (Descriptor referrer : from.referrers(subject)) {
                referrer(subject, referrer.digest());
            }
            signatures(subject);
        }
    }

    private void image(Digest digest, Set<Digest> done, int depth) throws RegistryException {
        if (depth > MAX_DEPTH) {
            throw new RegistryException("the index has indexes within indexes, deeper than " + MAX_DEPTH);
        }
        if (done.contains(digest)) {
            return;
        }
        Manifest manifest = present(digest);
        for (Descriptor below : manifest.read().manifests()) {
            image(below.digest(), done, depth + 1);
        }
        blobs(manifest);
        if (to.manifest(digest).isEmpty()) {
            to.pushManifest(manifest);
            progress.on(new Event.ManifestDone(digest, manifest.content().length));
        }
        done.add(digest);
    }

    private void referrer(Digest subject, Digest digest) throws RegistryException {
        Manifest manifest = present(digest);
        if (to.referrers(subject).stream().anyMatch(there -> there.digest().equals(digest))) {
            return;
        }
        if (MediaTypes.isIndex(manifest.mediaType())) {
            progress.on(new Event.Warned("left behind: the index " + digest + " that is attached to " + subject));
            return;
        }
        blobs(manifest);
        to.attach(manifest);
    }

    private void signatures(Digest subject) throws RegistryException {
        for (String suffix : List.of(".sig", ".att")) {
            String tag = subject.algorithm() + "-" + subject.hex() + suffix;
            Optional<Descriptor> source = from.resolve(tag);
            Optional<Descriptor> there = to.resolve(tag);
            if (source.isEmpty() || there.map(Descriptor::digest).equals(source.map(Descriptor::digest))) {
                continue;
            }
            if (there.isEmpty()) {
                Manifest manifest = present(source.get().digest());
                blobs(manifest);
                to.pushManifest(manifest);
                to.tag(manifest.digest(), tag);
            } else if (suffix.equals(".sig")) {
                addSignatures(subject);
            } else {
                progress.on(new Event.Warned("left behind: the attestations behind the tag " + tag + " of " + from.name()
                        + ", because " + to.name() + " has others behind it"));
            }
        }
    }

    /** The tag has signatures there already: ours are added, so that nobody's is lost. */
    private void addSignatures(Digest subject) throws RegistryException {
        List<FoundSignature> there = new SignatureStore(to).collect(subject);
        for (FoundSignature signature : new SignatureStore(from).collect(subject)) {
            if (signature.format() != SignatureFormat.SIMPLE_SIGNING || there.stream().anyMatch(t -> isSame(t, signature))) {
                continue;
            }
            if (!signature.annotations().keySet().equals(Set.of(SIGNATURE))) {
                progress.on(new Event.Warned("left behind: a signature of " + subject
                        + " with a certificate or a log entry, because " + to.name() + " has other signatures of it"));
                continue;
            }
            new SignatureStore(to)
                    .addSimpleSignature(
                            subject,
                            signature.content(),
                            Base64.getDecoder().decode(signature.annotations().get(SIGNATURE)));
        }
    }

    private static boolean isSame(FoundSignature one, FoundSignature other) {
        return one.format() == other.format()
                && Arrays.equals(one.content(), other.content())
                && one.annotations().equals(other.annotations());
    }

    private void blobs(Manifest manifest) throws RegistryException {
        for (Descriptor blob : manifest.read().blobs()) {
            if (!to.hasBlob(blob.digest()) && !to.mountBlob(blob, from)) {
                to.pushBlob(blob, () -> from.openBlob(blob));
            }
        }
    }

    private Manifest present(Digest digest) throws RegistryException {
        return from.manifest(digest)
                .orElseThrow(() -> new RegistryException("there is no " + digest + " in " + from.name()
                        + ", so the image cannot be copied whole"));
    }
}
