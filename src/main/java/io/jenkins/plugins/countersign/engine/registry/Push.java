package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.util.Objects;

/**
 * Brings an image into a repository: every blob, then every manifest after all that it refers to, then the tag. If anything
 * fails, no tag has moved.
 */
public final class Push {

    /** So many blobs travel at a time unless told otherwise. */
    public static final int PARALLEL = 4;

    private final ImageSource source;
    private final Repository to;
    private String tag = "";
    private int parallel = PARALLEL;
    private Progress progress = Progress.NONE;
    private Limits limits = Limits.DEFAULT;

    private Push(ImageSource source, Repository to) {
        this.source = Objects.requireNonNull(source);
        this.to = Objects.requireNonNull(to);
    }

    public static Push of(ImageSource source, Repository to) {
        return new Push(source, to);
    }

    /** @throws IllegalArgumentException if it is not a tag */
    public Push tagged(String some) {
        if (!ImageReference.isTag(some)) {
            throw new IllegalArgumentException("not a tag: \"" + some + "\"");
        }
        tag = some;
        return this;
    }

    public Push inParallel(int blobs) {
        if (blobs < 1) {
            throw new IllegalArgumentException("at least one blob at a time, not " + blobs);
        }
        parallel = blobs;
        return this;
    }

    public Push reporting(Progress some) {
        progress = Objects.requireNonNull(some);
        return this;
    }

    public Push limited(Limits some) {
        limits = Objects.requireNonNull(some);
        return this;
    }

    /** Interrupt the thread to cancel: {@link CancelledException}. */
    public PushResult run() throws RegistryException {
        ImageTree tree = ImageTree.of(source.content(), source.digest(), limits);
        Transfer transfer = new Transfer(source.content(), to, parallel, progress);
        transfer.announce(tree.manifests().size(), tree.blobs());
        if (!tag.isEmpty() && transfer.isTagged(source.digest(), tag)) {
            transfer.skip(tree);
            return transfer.result(source.digest(), tag, 0);
        }
        transfer.blobs(tree.blobs());
        transfer.manifests(tree.manifests());
        if (!tag.isEmpty()) {
            transfer.tag(tree.root(), tag);
        }
        return transfer.result(source.digest(), tag, 0);
    }
}
