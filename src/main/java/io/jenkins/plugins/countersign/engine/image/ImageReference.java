package io.jenkins.plugins.countersign.engine.image;

import java.io.Serializable;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an image: {@code registry/repository[:tag][@digest]}, normalised as Docker does it.
 *
 * <p>Source: distribution/reference, {@code normalize.go} and {@code regexp.go}. The first component is a registry if it has
 * a dot or a colon, is {@code localhost} or contains an upper-case letter; otherwise the registry is {@code docker.io}, and
 * a repository of one component there lies in {@code library/}. No default tag is added: {@link #tag()} tells what was
 * written.
 *
 * @param registry host and optional port, for instance {@code registry.example.com:5000}
 * @param repository path below the registry, for instance {@code library/alpine}
 * @param tagOrNull the tag as written; null when there is none
 * @param digestOrNull the digest as written; null when there is none. With both a tag and a digest, the digest decides.
 */
public record ImageReference(String registry, String repository, String tagOrNull, Digest digestOrNull)
        implements Serializable {

    /** The registry of names that have none. */
    public static final String DOCKER_HUB = "docker.io";

    private static final int MAX_LENGTH = 4096;
    private static final int MAX_REPOSITORY_LENGTH = 255;
    private static final String PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*+";
    private static final Pattern REPOSITORY = Pattern.compile(PATH_COMPONENT + "(?:/" + PATH_COMPONENT + ")*+");
    private static final String DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final Pattern REGISTRY = Pattern.compile(
            "(?:" + DOMAIN_COMPONENT + "(?:\\." + DOMAIN_COMPONENT + ")*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

    public ImageReference {
        if (!REGISTRY.matcher(registry).matches()) {
            throw new IllegalArgumentException("not a registry (expected host[:port]): " + shown(registry));
        }
        if (!REPOSITORY.matcher(repository).matches()) {
            throw new IllegalArgumentException(
                    repository.toLowerCase(Locale.ROOT).equals(repository)
                            ? "not a repository name: " + shown(repository)
                            : "a repository name must be lower case: " + shown(repository));
        }
        if (repository.length() > MAX_REPOSITORY_LENGTH) {
            throw new IllegalArgumentException("repository name has " + repository.length() + " characters, at most "
                    + MAX_REPOSITORY_LENGTH + " are allowed");
        }
        if (tagOrNull != null && !isTag(tagOrNull)) {
            throw new IllegalArgumentException("not a tag: " + shown(tagOrNull));
        }
    }

    /** @throws IllegalArgumentException if {@code text} is not an image reference; the message says which part is not */
    public static ImageReference parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("image reference is empty");
        }
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("image reference is longer than " + MAX_LENGTH + " characters");
        }
        if (text.matches("[a-f0-9]{64}")) {
            throw new IllegalArgumentException(
                    "image reference is 64 hexadecimal digits, which could be an image id: " + text);
        }
        String rest = text;
        Digest digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Digest.parse(rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        String tag = null;
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
        }
        String registry = DOCKER_HUB;
        String repository = rest;
        int slash = rest.indexOf('/');
        if (slash > 0 && isRegistry(rest.substring(0, slash))) {
            registry = rest.substring(0, slash);
            repository = rest.substring(slash + 1);
        }
        if (registry.equals("index.docker.io")) {
            registry = DOCKER_HUB;
        }
        if (registry.equals(DOCKER_HUB) && repository.indexOf('/') < 0) {
            repository = "library/" + repository;
        }
        return new ImageReference(registry, repository, tag, digest);
    }

    /** Whether {@code text} may be a tag. */
    public static boolean isTag(String text) {
        return TAG.matcher(text).matches();
    }

    private static boolean isRegistry(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.toLowerCase(Locale.ROOT).equals(first);
    }

    public Optional<String> tag() {
        return Optional.ofNullable(tagOrNull);
    }

    public Optional<Digest> digest() {
        return Optional.ofNullable(digestOrNull);
    }

    /** {@code registry/repository}, without tag and digest. */
    public String name() {
        return registry + "/" + repository;
    }

    public ImageReference withTag(String tag) {
        return new ImageReference(registry, repository, tag, digestOrNull);
    }

    public ImageReference withDigest(Digest digest) {
        return new ImageReference(registry, repository, tagOrNull, digest);
    }

    /** {@code registry/repository[:tag][@digest]} */
    @Override
    public String toString() {
        return name() + (tagOrNull == null ? "" : ":" + tagOrNull) + (digestOrNull == null ? "" : "@" + digestOrNull);
    }

    private static String shown(String text) {
        return "\"" + (text.length() <= 200 ? text : text.substring(0, 200) + "…") + "\"";
    }
}
