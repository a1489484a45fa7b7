package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the organisation trusts: people, keys, roles, stages. A value; whether it may be believed itself is said by
 * {@link TrustedPolicy}.
 *
 * @param name which policy this is; versions of one name follow each other
 * @param version counts up; a lower one than seen before is never accepted
 * @param expires from when on it holds every gate
 * @param root who signs the policy
 * @param gateKeys what seals, summaries and stage heads are signed with; empty when nothing is sealed yet
 * @param identityKeys with which a Jenkins says who somebody is that approves without a key; empty when none is believed
 * @param people by their names as written, in the order of the document
 * @param roles the names of the people in each role, as {@code people} writes them
 * @param stages by name, in the order of the document
 * @param overrideRoleOrNull who may override a rejection or a block, by name and with a reason; null for nobody
 * @param golden the catalogue of golden images, as it stands in the document; empty when there is none
 * @param digest of the document's bytes: what approvals name
 */
public record TrustPolicy(
        String name,
        long version,
        Instant expires,
        Root root,
        List<PolicyKey> gateKeys,
        List<PolicyKey> identityKeys,
        Map<String, Person> people,
        Map<String, List<String>> roles,
        Map<String, Stage> stages,
        String overrideRoleOrNull,
        ObjectNode golden,
        Digest digest)
        implements Serializable {

    public TrustPolicy {
        gateKeys = List.copyOf(gateKeys);
        identityKeys = List.copyOf(identityKeys);
        people = Collections.unmodifiableMap(new LinkedHashMap<>(people));
        roles = Collections.unmodifiableMap(new LinkedHashMap<>(roles));
        stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
        golden = golden.deepCopy();
    }

    /** A copy of the section; changing it changes nothing here. */
    @Override
    public ObjectNode golden() {
        return golden.deepCopy();
    }

    /** The person of this name, whatever its case. */
    public Optional<Person> person(String personName) {
        Person exact = people.get(personName);
        if (exact != null) {
            return Optional.of(exact);
        }
        String folded = Names.fold(personName);
        return people.values().stream()
                .filter(person -> Names.fold(person.name()).equals(folded))
                .findFirst();
    }

    /** The person behind a user name or mail address of version control or Jenkins. */
    public Optional<Person> personKnownAs(String id) {
        return people.values().stream().filter(person -> person.isKnownAs(id)).findFirst();
    }

    /** Whose key this is. */
    public Optional<Person> ownerOf(Digest keyFingerprint) {
        return people.values().stream()
                .filter(person ->
                        person.keys().stream().anyMatch(key -> key.fingerprint().equals(keyFingerprint)))
                .findFirst();
    }

    /** The people in a role, in the order of the document; empty for a role that the policy does not know. */
    public List<Person> inRole(String role) {
        return roles.getOrDefault(role, List.of()).stream().map(people::get).toList();
    }

    /** Whether the person of this name is in the role. */
    public boolean isInRole(String personName, String role) {
        return person(personName)
                .map(person -> roles.getOrDefault(role, List.of()).contains(person.name()))
                .orElse(false);
    }

    public Optional<Stage> stage(String stageName) {
        return Optional.ofNullable(stages.get(stageName));
    }

    public Optional<String> overrideRole() {
        return Optional.ofNullable(overrideRoleOrNull);
    }

    /** All stages that an image has passed before it reaches this one, the nearest first. */
    public Set<String> stagesBefore(String stageName) {
        Set<String> before = new LinkedHashSet<>();
        List<String> next =
                stages.containsKey(stageName) ? stages.get(stageName).after() : List.of();
        while (!next.isEmpty()) {
            List<String> further = new java.util.ArrayList<>();
            for (String stage : next) {
                if (before.add(stage)) {
                    further.addAll(stages.get(stage).after());
                }
            }
            next = further;
        }
        return before;
    }
}
