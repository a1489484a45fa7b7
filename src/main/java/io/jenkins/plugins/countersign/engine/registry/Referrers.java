package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is attached to one digest.
 *
 * <p>A registry with the referrers API keeps the list itself. On one without, clients keep it in an index under a tag, which
 * they read, change and write back, and no registry offers a write on condition: of two writers at once, the later drops the
 * earlier's entry, and reading one's own entry back proves nothing about the moment after. Therefore each artifact first
 * gets a tag of its own, {@code sha256-<subject>.r-<artifact>}, which nobody else ever writes, and the list is made of what
 * it held and of all such tags. A writer is done when the list, read after the tags, lacks none of them; else it writes
 * again. Why nothing is lost: consider the last list that is ever written. Its writer then read the tags and the list and
 * was content, so it holds every artifact whose tag was there before; and a writer whose tag came later would have written
 * a list after the last. A writer that is killed in between may leave a list that lacks some, but not the tags: a reader
 * takes both, and the next writer mends the list. What remains: another tool's entry, written between our reading and
 * writing of the list, is dropped from it as any two other tools drop each other's.
 */
final class Referrers {

    private static final int OWN_TAG_HEX = 40;
    private static final int MAX_ROUNDS = 200;
    private static final int POLITE_ROUNDS = 6;

    private final RepositoryPath path;
    private final Exchange exchange;
    private final Digest subject;

    Referrers(RepositoryPath path, Exchange exchange, Digest subject) {
        this.path = path;
        this.exchange = exchange;
        this.subject = subject;
    }

    List<Descriptor> list() throws RegistryException {
        Map<Digest, Descriptor> found = new LinkedHashMap<>();
        Optional<List<Descriptor>> served = new ReferrerList(path, subject).from(exchange);
        served.orElse(List.of()).forEach(entry -> found.put(entry.digest(), entry));
        List<String> ownTags = served.isPresent() ? List.of() : ownTags();
        // a registry that learned the API may not have learned what is in the list
        for (Descriptor entry : ListTag.read(path, exchange, subject).descriptors()) {
            found.putIfAbsent(entry.digest(), entry);
        }
        for (Descriptor entry : lookUp(missing(ownTags, found.keySet()), new HashMap<>())) {
            found.putIfAbsent(entry.digest(), entry);
        }
        int most = path.access().limits().referrers();
        if (found.size() > most) {
            throw new LimitExceededException(subject + " has " + found.size() + " referrers in " + path.name()
                    + ", at most " + most + " are accepted");
        }
        return List.copyOf(found.values());
    }

    /** Makes an artifact that was pushed appear in the list. */
    void announce(Manifest artifact) throws RegistryException {
        Repetition repetition =
                new Repetition(path.access(), "attach " + artifact.digest() + " to " + subject + " in " + path.name());
        while (true) {
            Optional<List<Descriptor>> served = new ReferrerList(path, subject).from(exchange);
            if (served.isEmpty()) {
                break;
            }
            if (served.get().stream().anyMatch(entry -> entry.digest().equals(artifact.digest()))) {
                return;
            }
            repetition.pauseAfter(Failure.connection("the registry keeps a list of referrers, but does not list it"));
        }
        new ManifestPush(path, artifact, ownTag(artifact.digest())).to(exchange);
        merge(artifact);
    }

    private void merge(Manifest artifact) throws RegistryException {
        Digest mine = artifact.digest();
        String action = "list " + mine + " as attached to " + subject + " in " + path.name();
        Repetition pauses = new Repetition(path.access(), action);
        Map<String, Descriptor> known = new HashMap<>();
        known.put(ownTag(mine), artifact.read().asReferrer(artifact));
        for (int round = 0; round < MAX_ROUNDS; round++) {
            pauses.check();
            List<String> tags = ownTags();
            ListTag list = ListTag.read(path, exchange, subject);
            List<String> missing = missing(tags, list.digests());
            if (missing.isEmpty() && list.digests().contains(mine)) {
                return;
            }
            int rank = missing.indexOf(ownTag(mine));
            if (rank > 0 && round < POLITE_ROUNDS) {
                // others are at it at this moment: whoever is first among the missing writes for all, unless it died
                pauses.jitter(Math.min(rank, POLITE_ROUNDS));
                continue;
            }
            int looked = known.size();
            List<Descriptor> entries = lookUp(missing, known);
            if (entries.isEmpty() && list.digests().contains(mine)) {
                return; // what is left are tags that lead to nothing, of writers that died
            }
            if (known.size() > looked) {
                // looking the missing up took a while: what came meanwhile must not be dropped
                list = ListTag.read(path, exchange, subject);
            }
            list.with(entries).write(path, exchange, subject);
        }
        throw new UnavailableException("tried to " + action + ", but the list was changed by others " + MAX_ROUNDS
                + " times in a row; the artifact is there and has the tag " + ownTag(mine));
    }

    private String ownTagPrefix() {
        return FallbackTag.of(subject) + ".r-";
    }

    private String ownTag(Digest artifact) {
        return ownTagPrefix() + artifact.hex().substring(0, OWN_TAG_HEX);
    }

    private List<String> ownTags() throws RegistryException {
        return new TagList(path).startingWith(exchange, ownTagPrefix());
    }

    /** Those tags whose artifacts are not in the list. */
    private List<String> missing(List<String> tags, Set<Digest> listed) {
        Set<String> listedTags = new HashSet<>();
        listed.forEach(digest -> listedTags.add(ownTag(digest)));
        return tags.stream().filter(tag -> !listedTags.contains(tag)).toList();
    }

    /**
     * The artifacts of those tags; a tag that is just being written is its writer's to add.
     *
     * @param known what was looked up before, by tag; more is put in
     */
    private List<Descriptor> lookUp(List<String> tags, Map<String, Descriptor> known) throws RegistryException {
        List<Descriptor> entries = new ArrayList<>();
        for (String tag : tags) {
            if (!known.containsKey(tag)) {
                Optional<Manifest> manifest = new ManifestPull(path, tag).from(exchange);
                if (manifest.isEmpty()) {
                    continue;
                }
                ManifestContent content = manifest.get().read();
                if (content.subject().filter(s -> s.digest().equals(subject)).isEmpty()) {
                    continue; // somebody else's tag
                }
                known.put(tag, content.asReferrer(manifest.get()));
            }
            entries.add(known.get(tag));
        }
        return entries;
    }

    /** The index under the fallback tag. Entries are kept as JSON, so that what other tools wrote into them stays. */
    private record ListTag(ObjectNode json, List<Descriptor> descriptors) {

        static ListTag read(RepositoryPath path, Exchange exchange, Digest subject) throws RegistryException {
            String tag = FallbackTag.of(subject);
            Optional<Manifest> manifest = new ManifestPull(path, tag).from(exchange);
            String what = "list of referrers " + path.name() + ":" + tag;
            if (manifest.isEmpty()) {
                ObjectNode fresh = StrictJson.object();
                fresh.put("schemaVersion", 2);
                fresh.put("mediaType", MediaTypes.OCI_INDEX);
                fresh.putArray("manifests");
                return new ListTag(fresh, List.of());
            }
            if (!manifest.get().mediaType().equals(MediaTypes.OCI_INDEX)) {
                throw new MalformedManifestException(
                        what + " is a " + manifest.get().mediaType() + ", expected " + MediaTypes.OCI_INDEX);
            }
            ObjectNode json = RegistryJson.read(manifest.get().content(), what);
            return new ListTag(json, ManifestContent.descriptors(json, "manifests", what));
        }

        Set<Digest> digests() {
            Set<Digest> digests = new HashSet<>();
            descriptors.forEach(entry -> digests.add(entry.digest()));
            return digests;
        }

        ListTag with(List<Descriptor> more) {
            ObjectNode changed = json.deepCopy();
            ArrayNode entries = changed.withArray("manifests");
            List<Descriptor> all = new ArrayList<>(descriptors);
            for (Descriptor entry : more) {
                if (!digests().contains(entry.digest())) {
                    entries.add((JsonNode) ManifestContent.json(entry));
                    all.add(entry);
                }
            }
            return new ListTag(changed, all);
        }

        void write(RepositoryPath path, Exchange exchange, Digest subject) throws RegistryException {
            Manifest index = new Manifest(MediaTypes.OCI_INDEX, StrictJson.write(json));
            if (index.content().length > path.access().limits().manifestBytes()) {
                throw new LimitExceededException("the list of referrers of " + subject + " in " + path.name()
                        + " would have " + index.content().length + " bytes, at most "
                        + path.access().limits().manifestBytes() + " are accepted");
            }
            new ManifestPush(path, index, FallbackTag.of(subject)).to(exchange);
        }
    }
}
