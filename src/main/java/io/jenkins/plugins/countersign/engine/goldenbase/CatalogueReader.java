package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.contenttrust.PinnedRoot;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue.Judgement;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue.LineageRule;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads the section {@code golden} strictly: a member that is not known is an error, since it would not be obeyed. */
final class CatalogueReader {

    private static final Set<String> MEMBERS = Set.of(
            "allow",
            "deny",
            "organisations",
            "exceptions",
            "frontends",
            "digest",
            "signedBy",
            "lineage",
            "warnBefore",
            "remoteAdd",
            "scratch");
    private static final Set<String> SCOPE = Set.of("targets", "folders", "repositories", "inputs");
    private static final Set<String> ENTRY =
            with(SCOPE, "image", "tags", "digests", "from", "until", "digest", "signedBy", "reason", "instead");
    private static final Pattern SERVER = Pattern.compile("[a-zA-Z0-9.-]+(:[0-9]{1,5})?");
    private static final Set<String> EXEMPTION = with(SCOPE, "image", "owner", "until", "reason");

    private CatalogueReader() {}

    static Catalogue allowing(List<String> patterns) throws CatalogueException {
        List<Entry> allow = new ArrayList<>();
        for (String pattern : patterns) {
            allow.add(Entry.of(ImagePattern.parse(pattern)));
        }
        return Catalogue.of(allow, List.of());
    }

    static Catalogue read(JsonNode golden) throws CatalogueException {
        known(golden, MEMBERS, "golden");
        List<ImagePattern> frontends = new ArrayList<>();
        for (String pattern : texts(golden, "frontends", "golden")) {
            frontends.add(ImagePattern.parse(pattern));
        }
        for (String organisation : texts(golden, "organisations", "golden")) {
            if (organisation.indexOf('/') <= 0 || organisation.endsWith("/") || organisation.indexOf('*') >= 0) {
                throw new CatalogueException("golden.organisations: \"" + organisation
                        + "\" is not registry/namespace, for instance registry.example.com/golden");
            }
        }
        return new Catalogue(
                entries(golden, "allow"),
                entries(golden, "deny"),
                texts(golden, "organisations", "golden"),
                exemptions(golden),
                frontends,
                choice(golden, "digest", "golden", List.of("optional", "required")) == 1,
                signedBy(golden, "golden"),
                LineageRule.values()[choice(golden, "lineage", "golden", List.of("optional", "required"))],
                warnBefore(golden),
                judgement(golden, "remoteAdd", Judgement.WARN),
                judgement(golden, "scratch", Judgement.ALLOW));
    }

    private static List<Entry> entries(JsonNode golden, String name) throws CatalogueException {
        List<Entry> entries = new ArrayList<>();
        int index = 0;
        for (JsonNode node : list(golden, name, "golden")) {
            String where = "golden." + name + "[" + index++ + "]";
            if (node.isTextual()) {
                entries.add(Entry.of(pattern(node.asText(), where)));
                continue;
            }
            known(node, ENTRY, where);
            List<Digest> digests = new ArrayList<>();
            for (String digest : texts(node, "digests", where)) {
                try {
                    digests.add(Digest.parse(digest));
                } catch (IllegalArgumentException e) {
                    throw new CatalogueException(where + ".digests: " + e.getMessage());
                }
            }
            String image = required(node, "image", where);
            List<String> patterns = new ArrayList<>();
            for (String tag : texts(node, "tags", where)) {
                patterns.add(image + ":" + tag);
            }
            for (String pattern : patterns.isEmpty() ? List.of(image) : patterns) {
                entries.add(new Entry(
                        pattern(pattern, where),
                        digests,
                        instant(node, "from", where, false),
                        instant(node, "until", where, true),
                        choice(node, "digest", where, List.of("optional", "required")) == 1,
                        signedBy(node, where),
                        scope(node, where),
                        text(node, "reason", where),
                        text(node, "instead", where)));
            }
        }
        return entries;
    }

    private static List<Exemption> exemptions(JsonNode golden) throws CatalogueException {
        List<Exemption> exemptions = new ArrayList<>();
        int index = 0;
        for (JsonNode node : list(golden, "exceptions", "golden")) {
            String where = "golden.exceptions[" + index++ + "]";
            known(node, EXEMPTION, where);
            try {
                exemptions.add(new Exemption(
                        pattern(required(node, "image", where), where),
                        required(node, "owner", where),
                        instant(node, "until", where, true),
                        scope(node, where),
                        text(node, "reason", where)));
            } catch (IllegalArgumentException e) {
                throw new CatalogueException(where + ": " + e.getMessage());
            }
        }
        return exemptions;
    }

    private static ImagePattern pattern(String text, String where) throws CatalogueException {
        try {
            return ImagePattern.parse(text);
        } catch (CatalogueException e) {
            throw new CatalogueException(where + ": " + e.getMessage());
        }
    }

    private static Scope scope(JsonNode node, String where) throws CatalogueException {
        Set<BuildInput.Kind> inputs = EnumSet.noneOf(BuildInput.Kind.class);
        for (String input : texts(node, "inputs", where)) {
            try {
                inputs.add(BuildInput.Kind.valueOf(input.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new CatalogueException(
                        where + ".inputs: \"" + input + "\" is none of base, copy, mount, frontend");
            }
        }
        return new Scope(
                texts(node, "targets", where),
                texts(node, "folders", where),
                texts(node, "repositories", where),
                inputs);
    }

    private static SignedBy signedBy(JsonNode node, String where) throws CatalogueException {
        JsonNode signed = node.get("signedBy");
        if (signed == null || signed.isNull()) {
            return null;
        }
        if (signed.isTextual() && !signed.asText().isBlank()) {
            return new SignedBy.People(signed.asText(), 1);
        }
        if (signed.has("contentTrust")) {
            known(signed, Set.of("contentTrust"), where + ".signedBy");
            return publisher(signed.get("contentTrust"), where + ".signedBy.contentTrust");
        }
        known(signed, Set.of("role", "count"), where + ".signedBy");
        JsonNode count = signed.get("count");
        if (count != null && (!count.canConvertToInt() || !count.isIntegralNumber() || count.asInt() < 1)) {
            throw new CatalogueException(where + ".signedBy.count is not a whole number of at least 1");
        }
        return new SignedBy.People(required(signed, "role", where + ".signedBy"), count == null ? 1 : count.asInt());
    }

    private static SignedBy.Publisher publisher(JsonNode node, String where) throws CatalogueException {
        known(node, Set.of("server", "rootKeys"), where);
        String server = required(node, "server", where);
        if (!SERVER.matcher(server).matches()) {
            throw new CatalogueException(where + ".server: \"" + server + "\" is not host or host:port");
        }
        List<String> rootKeys = texts(node, "rootKeys", where);
        try {
            PinnedRoot.of(rootKeys.toArray(String[]::new));
        } catch (KeyException e) {
            throw new CatalogueException(where + ".rootKeys: " + e.getMessage());
        }
        return new SignedBy.Publisher(server, rootKeys);
    }

    private static Period warnBefore(JsonNode golden) throws CatalogueException {
        String text = text(golden, "warnBefore", "golden");
        try {
            return text.isEmpty() ? Catalogue.DEFAULT_WARNING : Period.parse(text);
        } catch (DateTimeException e) {
            throw new CatalogueException("golden.warnBefore is no period such as P30D: " + text);
        }
    }

    private static Judgement judgement(JsonNode golden, String name, Judgement standard) throws CatalogueException {
        if (!golden.hasNonNull(name)) {
            return standard;
        }
        return Judgement.values()[choice(golden, name, "golden", List.of("allow", "warn", "deny"))];
    }

    /** A day ends when it is over: {@code until: 2026-12-31} still counts on that day, UTC. */
    private static Instant instant(JsonNode node, String name, String where, boolean end) throws CatalogueException {
        String text = text(node, name, where);
        if (text.isEmpty()) {
            return null;
        }
        try {
            if (text.length() == 10) {
                LocalDate day = LocalDate.parse(text);
                return (end ? day.plusDays(1) : day)
                        .atStartOfDay(ZoneOffset.UTC)
                        .toInstant();
            }
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new CatalogueException(
                    where + "." + name + " is neither a day (2026-12-31) nor a time (2026-12-31T12:00:00Z): " + text);
        }
    }

    private static int choice(JsonNode node, String name, String where, List<String> choices)
            throws CatalogueException {
        String text = text(node, name, where);
        int chosen = text.isEmpty() ? 0 : choices.indexOf(text);
        if (chosen < 0) {
            throw new CatalogueException(
                    where + "." + name + " is none of " + String.join(", ", choices) + ": " + text);
        }
        return chosen;
    }

    private static String required(JsonNode node, String name, String where) throws CatalogueException {
        String text = text(node, name, where);
        if (text.isBlank()) {
            throw new CatalogueException(where + " has no " + name);
        }
        return text;
    }

    private static String text(JsonNode node, String name, String where) throws CatalogueException {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return "";
        }
        if (!value.isTextual()) {
            throw new CatalogueException(where + "." + name + " is not a text");
        }
        return value.asText();
    }

    private static List<String> texts(JsonNode node, String name, String where) throws CatalogueException {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : list(node, name, where)) {
            if (!value.isTextual() || value.asText().isBlank()) {
                throw new CatalogueException(where + "." + name + " holds something that is not a text");
            }
            texts.add(value.asText());
        }
        return texts;
    }

    private static List<JsonNode> list(JsonNode node, String name, String where) throws CatalogueException {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw new CatalogueException(where + "." + name + " is not a list");
        }
        List<JsonNode> values = new ArrayList<>();
        value.forEach(values::add);
        return values;
    }

    private static void known(JsonNode node, Set<String> members, String where) throws CatalogueException {
        if (!node.isObject()) {
            throw new CatalogueException(where + " is not a mapping");
        }
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!members.contains(name)) {
                throw new CatalogueException(where + " has an unknown member \"" + name + "\"; known are "
                        + String.join(", ", new TreeSet<>(members)));
            }
        }
    }

    private static Set<String> with(Set<String> names, String... more) {
        Set<String> all = new TreeSet<>(names);
        all.addAll(List.of(more));
        return all;
    }
}
