package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;
import java.util.List;

/** Who must have signed a golden image. */
public sealed interface SignedBy extends Serializable {

    /** Who that is, behind "must be signed by". */
    Sentence who();

    /** What to do where it is not. */
    Sentence advice();

    /**
     * People whom the trust policy knows.
     *
     * @param role a role of the trust policy
     * @param count how many different persons of it, at least 1
     */
    record People(String role, int count) implements SignedBy {

        public People {
            if (role.isBlank() || count < 1) {
                throw new IllegalArgumentException("signedBy needs a role and a count of at least 1");
            }
        }

        @Override
        public Sentence who() {
            return Sentence.of("goldenbase.people", count, role);
        }

        @Override
        public Sentence advice() {
            return Sentence.of("goldenbase.haveSigned", role);
        }
    }

    /**
     * The image's publisher, in Docker Content Trust.
     *
     * @param server of Notary, {@code host[:port]}
     * @param rootKeys of the publisher, or the authorities of its certificates (PEM)
     */
    record Publisher(String server, List<String> rootKeys) implements SignedBy {

        public Publisher {
            rootKeys = List.copyOf(rootKeys);
        }

        @Override
        public Sentence who() {
            return Sentence.of("goldenbase.publisher", server);
        }

        @Override
        public Sentence advice() {
            return Sentence.of("goldenbase.takeReleased");
        }
    }
}
