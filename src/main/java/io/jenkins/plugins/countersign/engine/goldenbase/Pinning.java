package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.Place;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes digests behind the images of a Dockerfile, and moves them on. Every other byte stays as it is: comments, blanks,
 * line ends. What does not stand in the file in one piece is left alone and named.
 */
public final class Pinning {

    /** Tells what a tag points to now. */
    @FunctionalInterface
    public interface Tags {

        /**
         * @param image with a tag, without a digest
         * @return empty when there is clearly no such tag
         * @throws IOException if it cannot be known
         */
        Optional<Digest> digest(ImageReference image) throws IOException;
    }

    /**
     * @param content the file with its changes; the same bytes when there are none
     * @param changes what was written
     * @param left what was not, and why
     */
    public record Result(byte[] content, List<Change> changes, List<Left> left) implements Serializable {

        public Result {
            changes = List.copyOf(changes);
            left = List.copyOf(left);
        }
    }

    /** One reference was rewritten. */
    public record Change(int line, int column, String before, String after) implements Serializable {}

    /** One reference could not be rewritten; the reason is for people. */
    public record Left(int line, int column, String reference, String reason) implements Serializable {}

    private record Edit(int start, int end, String text) {}

    private final byte[] content;
    private final Tags tags;
    private final Map<ImageReference, Digest> answers = new HashMap<>();
    private final List<Edit> edits = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<Left> left = new ArrayList<>();

    private Pinning(byte[] content, Tags tags) {
        this.content = content;
        this.tags = tags;
    }

    /**
     * Writes the digest that each tag points to now behind references that have none. The tag stays: it says what was meant,
     * and where {@link #update} looks.
     *
     * @param content the file that the inputs were read from
     * @throws IOException if a tag cannot be resolved; nothing is half written then
     */
    public static Result pin(byte[] content, BuildInputs inputs, Tags tags) throws IOException {
        Pinning pinning = new Pinning(content, tags);
        for (BuildInput input : inputs.inputs()) {
            pinning.pin(input);
        }
        return pinning.result();
    }

    /**
     * Moves the digest of each pinned reference to what its tag points to now, if the catalogue allows that; else to the
     * last digest that the catalogue lists for it.
     */
    public static Result update(
            byte[] content, BuildInputs inputs, Tags tags, Catalogue catalogue, CheckContext context)
            throws IOException {
        Pinning pinning = new Pinning(content, tags);
        for (BuildInput input : inputs.inputs()) {
            pinning.update(input, catalogue, context);
        }
        return pinning.result();
    }

    private void pin(BuildInput input) throws IOException {
        Optional<ImageReference> image = image(input);
        if (image.isEmpty() || image.get().digest().isPresent() || !inOnePiece(input)) {
            return;
        }
        Digest digest = current(image.get());
        String tag = image.get().tag().orElse("latest");
        boolean written = input.written().lastIndexOf(':') > input.written().lastIndexOf('/');
        replace(input, input.written() + (written ? "" : ":" + tag) + "@" + digest);
    }

    private void update(BuildInput input, Catalogue catalogue, CheckContext context) throws IOException {
        Optional<ImageReference> image = image(input);
        if (image.isEmpty() || image.get().digest().isEmpty() || !inOnePiece(input)) {
            return;
        }
        if (image.get().tag().isEmpty()) {
            leave(input, "it has a digest alone; write the tag in front of it that says what is meant");
            return;
        }
        Digest digest = current(image.get().withDigest(null));
        if (!isAllowed(input, image.get().withDigest(digest), catalogue, context)) {
            Optional<Digest> listed = listed(image.get(), catalogue)
                    .filter(other -> isAllowed(input, image.get().withDigest(other), catalogue, context));
            if (listed.isEmpty()) {
                leave(input, "its tag points to " + digest + " now, which the catalogue does not allow");
                return;
            }
            digest = listed.get();
        }
        if (!digest.equals(image.get().digest().orElseThrow())) {
            replace(input, input.written().substring(0, input.written().indexOf('@') + 1) + digest);
        }
    }

    private static Optional<Digest> listed(ImageReference image, Catalogue catalogue) {
        return catalogue.allow().stream()
                .filter(entry ->
                        entry.image().matches(image) && !entry.digests().isEmpty())
                .map(entry -> entry.digests().get(entry.digests().size() - 1))
                .findFirst();
    }

    private static boolean isAllowed(
            BuildInput input, ImageReference image, Catalogue catalogue, CheckContext context) {
        BuildInput moved = new BuildInput(
                input.kind(),
                image.toString(),
                image.toString(),
                input.place(),
                input.stage(),
                input.stageName(),
                input.platform(),
                true);
        return BaseCheck.check(moved, catalogue, context).stream()
                .noneMatch(finding -> finding.severity() == Finding.Severity.ERROR);
    }

    /** A frontend stays as it is: which one reads the file is judged by its version, and a digest hides that. */
    private static Optional<ImageReference> image(BuildInput input) {
        if (input.kind() == BuildInput.Kind.FRONTEND) {
            return Optional.empty();
        }
        try {
            return Optional.of(input.image());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private boolean inOnePiece(BuildInput input) {
        Place place = input.place();
        if (place.start() < 0 || place.end() > content.length) {
            leave(input, "it does not stand in the file in one piece");
            return false;
        }
        String found = new String(content, place.start(), place.end() - place.start(), StandardCharsets.UTF_8);
        if (!found.equals(input.written())) {
            leave(input, "it does not stand in the file as it is read");
            return false;
        }
        if (!found.matches("[A-Za-z0-9_./:@\\[\\]+-]+")) {
            leave(input, "a variable or quotes decide over it; pin the default of the variable by hand");
            return false;
        }
        return true;
    }

    private Digest current(ImageReference image) throws IOException {
        ImageReference tagged = image.tag().isPresent() ? image : image.withTag("latest");
        Digest known = answers.get(tagged);
        if (known == null) {
            known = tags.digest(tagged)
                    .orElseThrow(() -> new RegistryException(
                            "tried to resolve " + tagged + ", but its registry has no such tag; nothing was written"));
            answers.put(tagged, known);
        }
        return known;
    }

    private void replace(BuildInput input, String after) {
        Edit edit = new Edit(input.place().start(), input.place().end(), after);
        if (!edits.contains(edit)) {
            edits.add(edit);
            changes.add(new Change(input.place().line(), input.place().column(), input.written(), after));
        }
    }

    private void leave(BuildInput input, String reason) {
        Left entry = new Left(input.place().line(), input.place().column(), input.reference(), reason);
        if (!left.contains(entry)) {
            left.add(entry);
        }
    }

    private Result result() {
        edits.sort(Comparator.comparingInt(Edit::start));
        ByteArrayOutputStream written = new ByteArrayOutputStream(content.length + edits.size() * 80);
        int at = 0;
        for (Edit edit : edits) {
            written.write(content, at, edit.start() - at);
            written.writeBytes(edit.text().getBytes(StandardCharsets.UTF_8));
            at = edit.end();
        }
        written.write(content, at, content.length - at);
        return new Result(written.toByteArray(), changes, left);
    }
}
