package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Promotes: brings a digest with all that is attached to it, to its manifests and to the attachments themselves, from one
 * repository to another. Everything is read before anything is written; the tag comes last, so if anything fails no tag of
 * an image has moved. Between repositories of one registry no blob travels.
 */
public final class Copy {

    /** Where cosign keeps signatures, attestations and bills of material. Source: sigstore/cosign, specs/SIGNATURE_SPEC.md. */
    private static final List<String> COSIGN_TAGS = List.of(".sig", ".att", ".sbom");

    private final Repository from;
    private final Digest digest;
    private final Repository to;
    private String tag = "";
    private boolean attachments = true;
    private int parallel = Push.PARALLEL;
    private Progress progress = Progress.NONE;
    private Limits limits = Limits.DEFAULT;

    private Copy(Repository from, Digest digest, Repository to) {
        this.from = Objects.requireNonNull(from);
        this.digest = Objects.requireNonNull(digest);
        this.to = Objects.requireNonNull(to);
    }

    public static Copy of(Repository from, Digest digest, Repository to) {
        return new Copy(from, digest, to);
    }

    /** @throws IllegalArgumentException if it is not a tag */
    public Copy tagged(String some) {
        if (!ImageReference.isTag(some)) {
            throw new IllegalArgumentException("not a tag: \"" + some + "\"");
        }
        tag = some;
        return this;
    }

    /** The image alone. */
    public Copy withoutAttachments() {
        attachments = false;
        return this;
    }

    public Copy inParallel(int blobs) {
        if (blobs < 1) {
            throw new IllegalArgumentException("at least one blob at a time, not " + blobs);
        }
        parallel = blobs;
        return this;
    }

    public Copy reporting(Progress some) {
        progress = Objects.requireNonNull(some);
        return this;
    }

    public Copy limited(Limits some) {
        limits = Objects.requireNonNull(some);
        return this;
    }

    /** Interrupt the thread to cancel: {@link CancelledException}. */
    public PushResult run() throws RegistryException {
        ImageTree image = ImageTree.of(from, digest, limits);
        Transfer transfer = new Transfer(from, to, parallel, progress);
        Found found = new Found();
        Asked<Boolean> tagged = new Asked<>(() -> !tag.isEmpty() && transfer.isTagged(digest, tag));
        Asked<Boolean> there = new Asked<>(() -> transfer.has(digest));
        try (Readings readings = new Readings("copy " + digest + " to " + to.name())) {
            List<Runnable> first = List.of(tagged, there);
            if (attachments) {
                find(image, found, readings, first);
            } else {
                readings.all(first);
            }
        }
        Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
        image.blobs().forEach(blob -> blobs.put(blob.digest(), blob));
        int manifests = image.manifests().size();
        for (ImageTree tree : found.all()) {
            tree.blobs().forEach(blob -> blobs.putIfAbsent(blob.digest(), blob));
            manifests += tree.manifests().size();
        }
        transfer.announce(manifests, blobs.values());
        transfer.expect(there.answer());
        if (tagged.answer()) {
            transfer.skip(image);
        }
        transfer.blobs(blobs.values());
        transfer.manifests(image.manifests());
        for (ImageTree tree : found.referrers) {
            List<Manifest> below = tree.manifests().subList(0, tree.manifests().size() - 1);
            transfer.manifests(below);
            to.attach(tree.root());
        }
        for (Map.Entry<String, ImageTree> entry : found.tagged.entrySet()) {
            new CosignTag(to, entry.getKey()).add(entry.getValue(), transfer);
        }
        if (!tag.isEmpty() && !tagged.answer()) {
            transfer.tag(image.root(), tag);
        }
        return transfer.result(digest, tag, found.all().size());
    }

    /** A question whose answer, or failure, is taken when its turn comes. */
    private static final class Asked<T> implements Runnable {

        @FunctionalInterface
        interface Question<T> {
            T ask() throws RegistryException;
        }

        private final Question<T> question;
        private T answer;
        private RegistryException failure;

        Asked(Question<T> question) {
            this.question = question;
        }

        @Override
        public void run() {
            try {
                answer = question.ask();
            } catch (RegistryException e) {
                failure = e;
            }
        }

        T answer() throws RegistryException {
            if (failure != null) {
                throw failure;
            }
            return answer;
        }
    }

    private static final class Found {
        private final List<ImageTree> referrers = new ArrayList<>();
        private final Map<String, ImageTree> tagged = new LinkedHashMap<>();

        List<ImageTree> all() {
            List<ImageTree> all = new ArrayList<>(referrers);
            all.addAll(tagged.values());
            return all;
        }
    }

    /** What is asked of the source about one subject. */
    private record Attached(
            Digest subject, Asked<List<Descriptor>> referrers, Map<String, Asked<Optional<Descriptor>>> tags) {

        static Attached to(Digest subject, Repository from) {
            Map<String, Asked<Optional<Descriptor>>> tags = new LinkedHashMap<>();
            for (String suffix : COSIGN_TAGS) {
                String name = subject.algorithm() + "-" + subject.hex() + suffix;
                if (ImageReference.isTag(name)) { // sha512 has no room in a tag, and cosign no tag for it
                    tags.put(name, new Asked<>(() -> from.resolve(name)));
                }
            }
            return new Attached(subject, new Asked<>(() -> from.referrers(subject)), tags);
        }
    }

    /** Subjects come before what is attached to them; all of one distance from the image are asked about at once. */
    private void find(ImageTree image, Found found, Readings readings, List<Runnable> besides)
            throws RegistryException {
        Set<Digest> known = new HashSet<>();
        List<Digest> subjects = new ArrayList<>();
        for (int i = image.manifests().size() - 1; i >= 0; i--) {
            Digest manifest = image.manifests().get(i).digest();
            known.add(manifest);
            subjects.add(manifest);
        }
        List<Runnable> questions = new ArrayList<>(besides);
        while (!subjects.isEmpty()) {
            List<Attached> asked =
                    subjects.stream().map(subject -> Attached.to(subject, from)).toList();
            for (Attached attached : asked) {
                questions.add(attached.referrers());
                questions.addAll(attached.tags().values());
            }
            readings.all(questions);
            questions.clear();
            subjects.clear();
            for (Attached attached : asked) {
                take(attached, found, known, subjects);
            }
        }
    }

    /** @param next whatever is attached to what is taken here is looked for next */
    private void take(Attached attached, Found found, Set<Digest> known, List<Digest> next) throws RegistryException {
        Digest subject = attached.subject();
        for (Descriptor referrer : attached.referrers().answer()) {
            if (!known.add(referrer.digest())) {
                continue;
            }
            if (!MediaTypes.MANIFESTS.contains(referrer.mediaType())) {
                throw new UnexpectedAnswerException("cannot copy what is attached to " + subject + " in " + from.name()
                        + ": " + referrer.digest() + " has the media type "
                        + RegistryErrors.clean(referrer.mediaType()));
            }
            ImageTree tree = ImageTree.of(from, referrer.digest(), limits);
            if (tree.root()
                    .read()
                    .subject()
                    .filter(s -> s.digest().equals(subject))
                    .isEmpty()) {
                throw new MalformedManifestException("the list of referrers of " + subject + " in " + from.name()
                        + " has " + referrer.digest() + ", which is not attached to it");
            }
            found.referrers.add(tree);
            next.add(referrer.digest());
            if (found.referrers.size() > limits.referrers()) {
                throw new LimitExceededException("more than " + limits.referrers() + " artifacts are attached to "
                        + digest + " and to each other in " + from.name());
            }
        }
        for (Map.Entry<String, Asked<Optional<Descriptor>>> tag :
                attached.tags().entrySet()) {
            Optional<Descriptor> signature = tag.getValue().answer();
            if (signature.isPresent()) {
                found.tagged.put(
                        tag.getKey(), ImageTree.of(from, signature.get().digest(), limits));
                if (known.add(signature.get().digest())) {
                    next.add(signature.get().digest());
                }
            }
        }
    }
}
