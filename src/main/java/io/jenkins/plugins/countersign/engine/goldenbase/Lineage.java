package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.dockerfile.Place;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * What a built image stands on: the first layers of each of its platforms, compared with those of the golden images.
 *
 * <p>It proves the start of the file system and no more: layers above may overwrite everything. It is lost by squashing,
 * exporting and converting to formats that change the tar stream, and says so then.
 *
 * @param image the digest that was judged
 * @param platforms one answer for each platform
 */
public record Lineage(Digest image, List<OnPlatform> platforms) implements Serializable {

    public enum Verdict {
        /** Descends from a golden image that the catalogue allows, and that its tag still points to. */
        GOLDEN,
        /** Descends from a golden image that has been replaced. */
        REPLACED,
        /** Stands on something else. */
        FOREIGN,
        /** All is in one layer, or in none: cannot be told. */
        FLATTENED
    }

    /**
     * @param golden the golden image that it descends from; null when it does from none
     * @param sentence for people
     */
    public record OnPlatform(Platform platform, Digest manifest, Verdict verdict, GoldenImage golden, Sentence sentence)
            implements Serializable {

        /** In English. */
        public String message() {
            return sentence.text();
        }

        public Optional<GoldenImage> base() {
            return Optional.ofNullable(golden);
        }
    }

    public Lineage {
        platforms = List.copyOf(platforms);
    }

    /** Whether any platform stands on no golden image that is known. */
    boolean isWithoutBase() {
        return platforms.stream().anyMatch(answer -> answer.base().isEmpty());
    }

    /** The answers for all platforms. */
    public Sentence sentence() {
        return Sentence.semicolons(platforms.stream().map(OnPlatform::sentence).toList());
    }

    /** The same in English, one to a line. */
    public String toText() {
        return String.join("\n", platforms.stream().map(OnPlatform::message).toList());
    }

    /** Whether every platform stands on a golden image that is allowed and current. */
    public boolean isGolden() {
        return !platforms.isEmpty() && platforms.stream().allMatch(answer -> answer.verdict() == Verdict.GOLDEN);
    }

    /**
     * Judges an image. The layers that it shares with a golden image are read, unpacked and hashed unless they are byte for
     * byte those of the golden image.
     *
     * @param content a repository, or the content of an archive
     * @param digest of its index or manifest
     * @param golden the golden images that were seen
     * @param catalogue decides which of them count
     * @throws RegistryException if the image cannot be read, or its diff ids are not true
     */
    public static Lineage of(
            ImageContent content, Digest digest, GoldenImages golden, Catalogue catalogue, CheckContext context)
            throws RegistryException {
        ImageLayers image = ImageLayers.read(content, digest);
        image.verify(content, golden);
        return claimed(image, golden, catalogue, context);
    }

    /**
     * The same for what an image's configuration says of its layers. It proves nothing before {@link ImageLayers#verify} has
     * compared that with the layers themselves.
     */
    public static Lineage claimed(ImageLayers image, GoldenImages golden, Catalogue catalogue, CheckContext context) {
        return new Lineage(
                image.image(),
                image.platforms().stream()
                        .map(platform -> judge(platform, golden, catalogue, context))
                        .toList());
    }

    /** Every golden image that it descends from, allowed or not: those to look at again before it is judged. */
    static List<GoldenImage> bases(ImageLayers image, GoldenImages golden) {
        return image.platforms().stream()
                .flatMap(platform -> longest(platform, golden).stream())
                .distinct()
                .toList();
    }

    /** The golden images that the image descends from; of those on top of each other the highest. */
    static List<GoldenImage> longest(BuiltImage image, GoldenImages golden) {
        List<GoldenImage> below = golden.below(image.platform(), image.diffIds());
        return below.stream()
                .filter(base -> base.diffIds().size() == below.get(0).diffIds().size())
                .toList();
    }

    private static OnPlatform judge(BuiltImage image, GoldenImages golden, Catalogue catalogue, CheckContext context) {
        List<GoldenImage> candidates = longest(image, golden);
        if (candidates.isEmpty()) {
            return withoutBase(image, golden);
        }
        Sentence refusal = null;
        GoldenImage refused = null;
        GoldenImage replaced = null;
        for (GoldenImage base : candidates) {
            Optional<Sentence> why = refusedBy(base, catalogue, context);
            if (why.isPresent()) {
                refused = base;
                refusal = why.get();
            } else if (base.replacement().isPresent()) {
                replaced = base;
            } else {
                return answer(
                        image, Verdict.GOLDEN, base, Sentence.of("goldenbase.descends", image.platform(), named(base)));
            }
        }
        if (replaced != null) {
            return answer(
                    image,
                    Verdict.REPLACED,
                    replaced,
                    Sentence.of(
                            "goldenbase.descendsFromReplaced",
                            image.platform(),
                            named(replaced),
                            replaced.replacedBy()));
        }
        return answer(
                image,
                Verdict.FOREIGN,
                refused,
                Sentence.of("goldenbase.descendsFromRefused", image.platform(), named(refused), refusal));
    }

    /** Empty when the catalogue allows the golden image. A base proved by its layers counts as written with its digest. */
    private static Optional<Sentence> refusedBy(GoldenImage base, Catalogue catalogue, CheckContext context) {
        BuildInput input = new BuildInput(
                BuildInput.Kind.BASE,
                base.reference().toString(),
                base.reference().toString(),
                Place.NOWHERE,
                0,
                "",
                "",
                true);
        return BaseCheck.check(input, catalogue, context).stream()
                .filter(finding -> finding.severity() == Finding.Severity.ERROR)
                .map(Finding::found)
                .findFirst();
    }

    private static OnPlatform withoutBase(BuiltImage image, GoldenImages golden) {
        if (image.diffIds().size() <= 1) {
            return answer(
                    image,
                    Verdict.FLATTENED,
                    null,
                    Sentence.of(
                            image.diffIds().isEmpty() ? "goldenbase.noLayers" : "goldenbase.oneLayer",
                            image.platform()));
        }
        Optional<GoldenImage> nearest = golden.nearest(image.platform(), image.diffIds());
        return answer(
                image,
                Verdict.FOREIGN,
                null,
                nearest.map(base -> Sentence.of(
                                "goldenbase.foreignSharing",
                                image.platform(),
                                GoldenImages.shared(base, image.diffIds()),
                                base.diffIds().size(),
                                named(base)))
                        .orElse(Sentence.of("goldenbase.foreign", image.platform())));
    }

    private static OnPlatform answer(BuiltImage image, Verdict verdict, GoldenImage base, Sentence sentence) {
        return new OnPlatform(image.platform(), image.manifest(), verdict, base, sentence);
    }

    private static Sentence named(GoldenImage base) {
        return Sentence.of("goldenbase.goldenImage", base.name(), base.tag(), base.digest());
    }
}
