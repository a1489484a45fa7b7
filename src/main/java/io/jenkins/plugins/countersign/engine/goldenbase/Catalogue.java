package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.time.Period;
import java.util.List;
import java.util.Optional;

/**
 * Which images may enter a build. A plain value: read from the section {@code golden} of the trust policy with
 * {@link #read}, or built from a form.
 *
 * <p>What no entry of {@code allow}, no golden organisation and no exception covers is refused; {@code deny} decides over
 * all of them, except over an exception that names its owner and its end.
 *
 * @param allow golden images
 * @param deny images that are refused whatever allows them
 * @param organisations {@code registry/namespace}: every repository there is golden, as listed by the registry
 * @param exceptions what is let through for a while, with an owner
 * @param frontends patterns of the frontends ({@code # syntax=}) that may read the file; when empty, only
 *     {@code docker.io/docker/dockerfile} from 1.4 on
 * @param digestRequired whether every image must be written with its digest
 * @param signedBy who must have signed every golden image; null for nobody
 * @param lineage whether a built image must prove its base
 * @param warnBefore how long before the end of its validity a base causes a warning
 * @param remoteAdd how {@code ADD} of a URL or repository is judged
 * @param scratch whether {@code FROM scratch} is allowed
 */
public record Catalogue(
        List<Entry> allow,
        List<Entry> deny,
        List<String> organisations,
        List<Exemption> exceptions,
        List<ImagePattern> frontends,
        boolean digestRequired,
        SignedBy signedBy,
        LineageRule lineage,
        Period warnBefore,
        Judgement remoteAdd,
        Judgement scratch)
        implements Serializable {

    /** How something that is no image of the catalogue is judged. */
    public enum Judgement {
        ALLOW,
        WARN,
        DENY
    }

    /** Where the lineage of a built image is required. */
    public enum LineageRule {
        OPTIONAL,
        REQUIRED
    }

    public static final Period DEFAULT_WARNING = Period.ofDays(30);

    public Catalogue {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
        organisations = List.copyOf(organisations);
        exceptions = List.copyOf(exceptions);
        frontends = List.copyOf(frontends);
    }

    /** Allows and denies these, and asks for nothing else. */
    public static Catalogue of(List<Entry> allow, List<Entry> deny) {
        return new Catalogue(
                allow,
                deny,
                List.of(),
                List.of(),
                List.of(),
                false,
                null,
                LineageRule.OPTIONAL,
                DEFAULT_WARNING,
                Judgement.WARN,
                Judgement.ALLOW);
    }

    /** A catalogue that allows these patterns and asks for nothing else. */
    public static Catalogue allowing(String... patterns) throws CatalogueException {
        return CatalogueReader.allowing(List.of(patterns));
    }

    /**
     * Reads the section {@code golden} of a trust policy.
     *
     * @throws CatalogueException if a member is unknown, missing or wrong; the message names it
     */
    public static Catalogue read(JsonNode golden) throws CatalogueException {
        return CatalogueReader.read(golden);
    }

    public Optional<SignedBy> signature() {
        return Optional.ofNullable(signedBy);
    }
}
