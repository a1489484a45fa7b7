package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.BaseLineage;
import io.jenkins.plugins.countersign.engine.goldenbase.Lineage;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/** Finds out for a gate what an image stands on. */
@FunctionalInterface
public interface Lineages {

    /** Looks at nothing: where the trust policy requires a lineage, its gates hold. */
    Lineages NOT_LOOKED_AT = (repository, image) -> null;

    /** What the gate's own seal says was found before it opened. */
    Lineages SEALED = (repository, image) -> new BaseLineage(true, Sentence.of("approval.lineageSealed"));

    /** @return null when it was not looked at */
    BaseLineage of(Repository repository, Digest image);

    /** What cannot be known is not proven. */
    static Lineages by(LineageCheck check) {
        return (repository, image) -> {
            try {
                Lineage lineage = check.of(repository, image);
                return new BaseLineage(lineage.isGolden(), lineage.sentence());
            } catch (RegistryException e) {
                return new BaseLineage(false, Sentence.of("approval.lineageUnknown", e.getMessage()));
            }
        };
    }
}
