package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that a registry says happened to an image.
 *
 * @param registry host and optional port, as the receiver configured it: a payload never says which host is asked again
 * @param repository path below the registry
 * @param tagOrNull null when the event names none
 * @param digestOrNull null when the event names none
 * @param actor who did it, as the registry says; shortened and without control characters; empty when it does not say
 * @param id the registry's name of the event; empty when it has none
 * @param timeOrNull when it happened, as the registry says; null when it does not say
 * @param place what some vendors' pages go by, as the payload says: Azure's resource, Artifactory's repository; never an address,
 *     and not checked; empty when the payload does not say
 */
public record RegistryEvent(
        EventKind kind,
        String registry,
        String repository,
        String tagOrNull,
        Digest digestOrNull,
        String actor,
        String id,
        Instant timeOrNull,
        String place) {

    private static final int MAX_ACTOR_LENGTH = 200;
    private static final int MAX_PLACE_LENGTH = 400;

    /** The referrers tag schema of the OCI distribution specification, and cosign's {@code .sig}, {@code .att}, {@code .sbom}. */
    private static final Pattern ATTACHMENT_TAG = Pattern.compile("sha256-([0-9a-f]{64})(?:\\.[a-z]+)?");

    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{Cntrl}|\\p{Cf}");

    /** @throws IllegalArgumentException if registry, repository or tag is not one */
    public RegistryEvent {
        new ImageReference(registry, repository, tagOrNull, digestOrNull);
        actor = printable(actor);
        id = printable(id);
        place = place.length() > MAX_PLACE_LENGTH ? "" : place;
        if (kind == EventKind.PUSHED
                && tagOrNull != null
                && ATTACHMENT_TAG.matcher(tagOrNull).matches()) {
            kind = EventKind.ATTACHED;
        }
    }

    /** The same without a place. */
    public RegistryEvent(
            EventKind kind,
            String registry,
            String repository,
            String tagOrNull,
            Digest digestOrNull,
            String actor,
            String id,
            Instant timeOrNull) {
        this(kind, registry, repository, tagOrNull, digestOrNull, actor, id, timeOrNull, "");
    }

    /** {@code registry/repository} */
    public String name() {
        return registry + "/" + repository;
    }

    /** The image that something was attached to, if the tag tells; the image itself otherwise. */
    public Optional<Digest> subject() {
        if (tagOrNull != null) {
            Matcher matcher = ATTACHMENT_TAG.matcher(tagOrNull);
            if (matcher.matches()) {
                return Optional.of(new Digest("sha256", matcher.group(1)));
            }
        }
        return Optional.ofNullable(digestOrNull);
    }

    private static String printable(String text) {
        String shown = UNPRINTABLE.matcher(text).replaceAll("").strip();
        return shown.length() <= MAX_ACTOR_LENGTH ? shown : shown.substring(0, MAX_ACTOR_LENGTH);
    }
}
