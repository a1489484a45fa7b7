package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.ImageConfig;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.NotFoundException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is different between two images, for whoever is asked to approve the second and knows the first: platforms, layers and
 * configuration, from manifests and configurations alone. No layer is read.
 *
 * <p>Of environment variables and labels the names are told and not the values: this text goes into builds and mails.
 */
public final class ImageDifference {

    private static final int MAX_NAMES = 12;
    private static final int MAX_VALUE = 120;
    /** Parts of a configuration that say how a container runs. */
    private static final Map<String, Sentence> SINGLE = new TreeMap<>(Map.of(
            "Entrypoint", Sentence.of("approval.entryPoint"),
            "Cmd", Sentence.of("approval.command"),
            "User", Sentence.of("approval.user"),
            "WorkingDir", Sentence.of("approval.workingDirectory"),
            "StopSignal", Sentence.of("approval.stopSignal")));

    private ImageDifference() {}

    /**
     * One line for each difference, in the order platforms, layers, configuration; empty when the images are the same.
     *
     * @throws RegistryException if one of the images cannot be read: unknown is not "the same"
     */
    public static List<Sentence> between(ImageContent content, Digest before, Digest after) throws RegistryException {
        if (before.equals(after)) {
            return List.of();
        }
        Map<String, Part> old = parts(content, before);
        Map<String, Part> now = parts(content, after);
        List<Sentence> lines = new ArrayList<>();
        now.keySet().stream()
                .filter(platform -> !old.containsKey(platform))
                .forEach(platform -> lines.add(Sentence.of("approval.platformNew", platform)));
        old.keySet().stream()
                .filter(platform -> !now.containsKey(platform))
                .forEach(platform -> lines.add(Sentence.of("approval.platformGone", platform)));
        for (Map.Entry<String, Part> entry : now.entrySet()) {
            Part earlier = old.get(entry.getKey());
            if (earlier != null) {
                boolean only = now.size() == 1 && old.size() == 1;
                differences(earlier, entry.getValue())
                        .forEach(line ->
                                lines.add(only ? line : Sentence.of("approval.onPlatform", entry.getKey(), line)));
            }
        }
        return lines;
    }

    private record Part(List<Descriptor> layers, JsonNode config) {}

    private static Map<String, Part> parts(ImageContent content, Digest digest) throws RegistryException {
        Map<String, Part> parts = new LinkedHashMap<>();
        ManifestContent manifest = manifest(content, digest);
        if (!manifest.isIndex()) {
            add(content, digest, manifest, parts);
            return parts;
        }
        for (Descriptor entry : manifest.manifests()) {
            if (!Platform.UNKNOWN.equals(entry.platform())) {
                ManifestContent child = manifest(content, entry.digest());
                if (!child.isIndex()) {
                    add(content, entry.digest(), child, parts);
                }
            }
        }
        return parts;
    }

    private static ManifestContent manifest(ImageContent content, Digest digest) throws RegistryException {
        return ManifestContent.of(content.manifest(digest)
                .orElseThrow(() -> new NotFoundException("there is no " + digest + " in " + content.name())));
    }

    private static void add(ImageContent content, Digest digest, ManifestContent manifest, Map<String, Part> parts)
            throws RegistryException {
        Descriptor config = manifest.config()
                .orElseThrow(() -> new RegistryException("the manifest " + digest + " has no configuration"));
        ImageConfig read = ImageConfig.read(content, config);
        parts.put(
                shown(read.platform().toString()),
                new Part(manifest.layers(), read.json().path("config")));
    }

    private static List<Sentence> differences(Part old, Part now) {
        List<Sentence> lines = new ArrayList<>();
        Set<Digest> before = digests(old.layers());
        Set<Digest> after = digests(now.layers());
        long added = size(now.layers(), before);
        long gone = size(old.layers(), after);
        long same = after.stream().filter(before::contains).count();
        if (added + gone > 0) {
            lines.add(Sentence.of(
                    after.size() == 1 ? "approval.layerSame" : "approval.layersSame",
                    same,
                    after.size(),
                    after.size() - same,
                    bytes(added),
                    before.stream().filter(digest -> !after.contains(digest)).count(),
                    bytes(gone)));
        }
        SINGLE.forEach((field, name) -> {
            String was = value(old.config().path(field));
            String is = value(now.config().path(field));
            if (!was.equals(is)) {
                lines.add(Sentence.of("approval.settingChanged", name, setting(was), setting(is)));
            }
        });
        named(
                Sentence.of("approval.environment"),
                variables(old.config().path("Env")),
                variables(now.config().path("Env")),
                lines);
        named(
                Sentence.of("approval.labels"),
                fields(old.config().path("Labels")),
                fields(now.config().path("Labels")),
                lines);
        named(
                Sentence.of("approval.ports"),
                fields(old.config().path("ExposedPorts")),
                fields(now.config().path("ExposedPorts")),
                lines);
        named(
                Sentence.of("approval.volumes"),
                fields(old.config().path("Volumes")),
                fields(now.config().path("Volumes")),
                lines);
        return lines;
    }

    private static Sentence setting(String value) {
        return value.isEmpty() ? Sentence.of("approval.notSet") : Sentence.verbatim(value);
    }

    private static Set<Digest> digests(List<Descriptor> layers) {
        Set<Digest> digests = new LinkedHashSet<>();
        layers.forEach(layer -> digests.add(layer.digest()));
        return digests;
    }

    private static long size(List<Descriptor> layers, Set<Digest> without) {
        return layers.stream()
                .filter(layer -> !without.contains(layer.digest()))
                .mapToLong(Descriptor::size)
                .sum();
    }

    private static String value(JsonNode node) {
        return node.isMissingNode() || node.isNull() ? "" : shown(node.isTextual() ? node.asText() : node.toString());
    }

    private static Map<String, String> variables(JsonNode list) {
        Map<String, String> variables = new TreeMap<>();
        for (JsonNode entry : list) {
            String[] parts = entry.asText().split("=", 2);
            variables.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        return variables;
    }

    private static Map<String, String> fields(JsonNode object) {
        Map<String, String> fields = new TreeMap<>();
        object.properties()
                .forEach(field -> fields.put(field.getKey(), field.getValue().toString()));
        return fields;
    }

    private static void named(Sentence what, Map<String, String> old, Map<String, String> now, List<Sentence> lines) {
        Set<String> added = new TreeSet<>(now.keySet());
        added.removeAll(old.keySet());
        Set<String> gone = new TreeSet<>(old.keySet());
        gone.removeAll(now.keySet());
        Set<String> changed = new TreeSet<>(now.keySet());
        changed.removeIf(name -> !old.containsKey(name) || old.get(name).equals(now.get(name)));
        List<Sentence> parts = new ArrayList<>();
        if (!added.isEmpty()) {
            parts.add(Sentence.of("approval.added", names(added)));
        }
        if (!changed.isEmpty()) {
            parts.add(Sentence.of("approval.changed", names(changed)));
        }
        if (!gone.isEmpty()) {
            parts.add(Sentence.of("approval.gone", names(gone)));
        }
        if (!parts.isEmpty()) {
            lines.add(Sentence.of("approval.settingsChanged", what, Sentence.semicolons(parts)));
        }
    }

    private static Sentence names(Set<String> names) {
        Sentence first = Sentence.commas(
                names.stream().limit(MAX_NAMES).map(ImageDifference::shown).toList());
        return names.size() > MAX_NAMES ? Sentence.of("approval.andMore", first, names.size() - MAX_NAMES) : first;
    }

    /** Text of strangers stays on its line, is short and hides nothing. */
    private static String shown(String text) {
        String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return line.length() <= MAX_VALUE ? line : line.substring(0, MAX_VALUE) + "…";
    }

    private static Sentence bytes(long count) {
        return count < 1_000
                ? Sentence.of("approval.bytes", count)
                : Sentence.verbatim(
                        count < 1_000_000
                                ? String.format(java.util.Locale.ROOT, "%.1f kB", count / 1e3)
                                : String.format(java.util.Locale.ROOT, "%.1f MB", count / 1e6));
    }
}
