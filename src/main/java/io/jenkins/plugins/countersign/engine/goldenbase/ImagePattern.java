package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.Serializable;
import java.util.Locale;

/**
 * A pattern over image names, {@code registry/path[:tag][@digest]}: {@code *} stands for any characters inside one
 * component, {@code **} for one or more whole components. Names are completed as Docker does it ({@code alpine} is
 * {@code docker.io/library/alpine}); {@code **} alone is every image.
 *
 * @param registry pattern of the host; {@code **} for any
 * @param repository pattern of the path
 * @param tag pattern of the tag; empty for any, also for none
 * @param digest exactly this digest; null for any
 * @param written as it stands in the catalogue
 */
public record ImagePattern(String registry, String repository, String tag, Digest digest, String written)
        implements Serializable {

    private static final int MAX_LENGTH = 1000;

    /** @throws CatalogueException if it is not a pattern; the message says why */
    public static ImagePattern parse(String text) throws CatalogueException {
        String rest = text.trim();
        if (rest.isEmpty() || rest.length() > MAX_LENGTH || !rest.matches("[A-Za-z0-9_./:@*\\[\\]-]+")) {
            throw new CatalogueException("not an image pattern: \"" + text
                    + "\" (expected registry/path[:tag], with * for a part of a component and ** for components)");
        }
        Digest digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            try {
                digest = Digest.parse(rest.substring(at + 1));
            } catch (IllegalArgumentException e) {
                throw new CatalogueException("the pattern \"" + text + "\" ends with no digest: " + e.getMessage());
            }
            rest = rest.substring(0, at);
        }
        String tag = "";
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
        }
        if (rest.endsWith("/")) {
            throw new CatalogueException(
                    "the pattern \"" + text + "\" ends with a slash; write \"" + rest + "**\" for everything below");
        }
        if (rest.equals("**")) {
            return new ImagePattern("**", "**", tag, digest, text.trim());
        }
        String registry = ImageReference.DOCKER_HUB;
        String repository = rest;
        int slash = rest.indexOf('/');
        if (slash > 0 && isRegistry(rest.substring(0, slash))) {
            registry = rest.substring(0, slash);
            repository = rest.substring(slash + 1);
        }
        if (registry.equals("index.docker.io")) {
            registry = ImageReference.DOCKER_HUB;
        }
        if (registry.equals(ImageReference.DOCKER_HUB) && repository.indexOf('/') < 0 && !repository.equals("**")) {
            repository = "library/" + repository;
        }
        for (String component : repository.split("/", -1)) {
            if (component.isEmpty() || component.contains("**") && !component.equals("**")) {
                throw new CatalogueException("the pattern \"" + text
                        + "\" has an empty component, or a ** that is not a component of its own");
            }
        }
        return new ImagePattern(registry, repository, tag, digest, text.trim());
    }

    private static boolean isRegistry(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || first.equals("*")
                || first.equals("**")
                || !first.toLowerCase(Locale.ROOT).equals(first);
    }

    /** Whether the image is meant, name by name as written: for what allows. */
    public boolean matches(ImageReference image) {
        return matches(image, image.registry());
    }

    /**
     * Whether the image is meant, by whatever name its registry answers to ({@code Docker.IO}, {@code docker.io:443},
     * {@code registry-1.docker.io} are one): for what denies. A tag in the pattern does not see through a digest.
     */
    public boolean matchesAnySpelling(ImageReference image) {
        return matches(image, image.registry()) || matches(image, plain(image.registry()));
    }

    private boolean matches(ImageReference image, String host) {
        return (registry.equals("**") || glob(registry, host))
                && components(repository.split("/"), image.repository().split("/"))
                && (tag.isEmpty()
                        || image.tag().filter(written -> glob(tag, written)).isPresent())
                && (digest == null || image.digest().filter(digest::equals).isPresent());
    }

    /** The name without tag and digest covers the image, though its tag or digest may not. */
    boolean coversName(ImageReference image) {
        return new ImagePattern(registry, repository, "", null, written).matches(image);
    }

    static String plain(String registry) {
        String host = registry.toLowerCase(Locale.ROOT);
        host = host.endsWith(":443") ? host.substring(0, host.length() - 4) : host;
        return host.equals("registry-1.docker.io")
                        || host.equals("index.docker.io")
                        || host.equals("registry.hub.docker.com")
                ? ImageReference.DOCKER_HUB
                : host;
    }

    /** {@code *} for any characters, in linear time for the lengths that names have. */
    static boolean glob(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    private static boolean components(String[] pattern, String[] path) {
        boolean[] reached = new boolean[path.length + 1];
        reached[0] = true;
        for (String component : pattern) {
            boolean[] next = new boolean[path.length + 1];
            for (int i = 0; i < path.length; i++) {
                if (component.equals("**")) {
                    next[i + 1] = reached[i] || next[i];
                } else {
                    next[i + 1] = reached[i] && glob(component, path[i]);
                }
            }
            reached = next;
        }
        return reached[path.length];
    }

    @Override
    public String toString() {
        return written;
    }
}
