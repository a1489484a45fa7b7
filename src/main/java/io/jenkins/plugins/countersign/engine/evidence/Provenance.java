package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How an image came to be: SLSA provenance v1.
 *
 * <p>Source: slsa-framework/slsa, {@code spec/v1.0/provenance.md}.
 *
 * @param builder who is trusted to have run the build, a URI: the Jenkins' own URL
 * @param parameters what the user gave to the build: {@code externalParameters}, to be checked by whoever verifies
 * @param dependencies what went into it, among them the golden base
 * @param invocation names the build, a URI: its URL
 * @param startedByOrNull user names of who started the build; empty for nobody, null when unknown
 * @param commitAuthorsOrNull authors of the commits that went into it; null when unknown
 * @param started when the build started
 * @param finished when the image was ready
 */
public record Provenance(
        String builder,
        Map<String, String> parameters,
        List<Dependency> dependencies,
        String invocation,
        List<String> startedByOrNull,
        List<String> commitAuthorsOrNull,
        Instant started,
        Instant finished) {

    /** Says which members {@code externalParameters} has. */
    public static final String BUILD_TYPE = "https://plugins.jenkins.io/countersign/build/v1";

    public Provenance {
        parameters = java.util.Collections.unmodifiableMap(new TreeMap<>(parameters));
        dependencies = List.copyOf(dependencies);
        startedByOrNull = startedByOrNull == null ? null : List.copyOf(startedByOrNull);
        commitAuthorsOrNull = commitAuthorsOrNull == null ? null : List.copyOf(commitAuthorsOrNull);
    }

    /**
     * Something that went into the build.
     *
     * @param uri where it came from
     * @param digest algorithm to hexadecimal value, for instance {@code gitCommit}
     * @param annotations what is known about it
     */
    public record Dependency(String uri, Map<String, String> digest, Map<String, String> annotations) {

        public Dependency {
            digest = java.util.Collections.unmodifiableMap(new TreeMap<>(digest));
            annotations = java.util.Collections.unmodifiableMap(new TreeMap<>(annotations));
        }

        /** The sources: {@code git+https://…@ref}. */
        public static Dependency source(String repository, String reference, String commit) {
            return new Dependency(
                    "git+" + repository + (reference.isEmpty() ? "" : "@" + reference),
                    Map.of("gitCommit", commit),
                    Map.of());
        }

        /**
         * A base image, as BuildKit writes it: {@code pkg:docker/name@tag?platform=…}.
         *
         * @param golden whether the catalogue allowed it, and the built image was shown to begin with its layers
         */
        public static Dependency baseImage(
                ImageReference image, Digest digest, Platform platformOrNull, boolean golden) {
            String uri = "pkg:docker/" + image.name()
                    + image.tag().map(tag -> "@" + encoded(tag)).orElse("");
            return new Dependency(
                    platformOrNull == null ? uri : uri + "?platform=" + encoded(platformOrNull.toString()),
                    Map.of(digest.algorithm(), digest.hex()),
                    golden ? Map.of("countersign.golden", "true") : Map.of());
        }

        private static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
        }
    }

    /** The predicate {@link PredicateTypes#PROVENANCE}. */
    public ObjectNode predicate() {
        ObjectNode json = StrictJson.object();
        ObjectNode definition = json.putObject("buildDefinition");
        definition.put("buildType", BUILD_TYPE);
        ObjectNode external = definition.putObject("externalParameters");
        parameters.forEach(external::put);
        ObjectNode internal = definition.putObject("internalParameters");
        putUnlessUnknown(internal, "startedBy", startedByOrNull);
        putUnlessUnknown(internal, "commitAuthors", commitAuthorsOrNull);
        ArrayNode resolved = definition.putArray("resolvedDependencies");
        for (Dependency dependency : dependencies) {
            ObjectNode entry = resolved.addObject().put("uri", dependency.uri());
            ObjectNode digest = entry.putObject("digest");
            dependency.digest().forEach(digest::put);
            if (!dependency.annotations().isEmpty()) {
                ObjectNode annotations = entry.putObject("annotations");
                dependency.annotations().forEach(annotations::put);
            }
        }
        ObjectNode run = json.putObject("runDetails");
        run.putObject("builder").put("id", builder);
        run.putObject("metadata")
                .put("invocationId", invocation)
                .put("startedOn", started.toString())
                .put("finishedOn", finished.toString());
        return json;
    }

    private static void putUnlessUnknown(ObjectNode json, String name, List<String> valuesOrNull) {
        if (valuesOrNull != null) {
            ArrayNode list = json.putArray(name);
            valuesOrNull.forEach(list::add);
        }
    }
}
