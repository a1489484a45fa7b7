package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;
import java.util.List;

/**
 * Somebody with keys: a human being, or a build system that signs evidence.
 *
 * @param name as the policy writes it; compare with {@link Names#same}
 * @param aliases what version control and Jenkins call this person: user names, mail addresses
 * @param keys never the keys of anybody else; empty for somebody whom only a Jenkins vouches for
 */
public record Person(String name, List<String> aliases, List<PolicyKey> keys) implements Serializable {

    public Person {
        aliases = List.copyOf(aliases);
        keys = List.copyOf(keys);
    }

    /** Whether this is the person behind a user name or a mail address. */
    public boolean isKnownAs(String id) {
        String folded = Names.fold(id);
        return Names.fold(name).equals(folded)
                || aliases.stream().anyMatch(alias -> Names.fold(alias).equals(folded));
    }
}
