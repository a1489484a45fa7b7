package io.jenkins.plugins.countersign.configuration;

import hudson.AbortException;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The catalogue of golden images that this controller judges by: the trust policy's; where that has none, the configuration's.
 * Never both: what the root keys signed is not widened by a form.
 *
 * @param catalogue what is golden
 * @param trustOrNull who has which keys, for those who must have signed; null when there is no trust policy
 */
public record CatalogueInForce(Catalogue catalogue, TrustPolicy trustOrNull) {

    /**
     * Empty when neither a trust policy nor a catalogue is configured, and nothing is asked of images.
     *
     * @throws PolicyException if there is a trust policy that cannot be believed; it may have had a catalogue
     */
    public static Optional<CatalogueInForce> find() throws IOException, PolicyException, CatalogueException {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        TrustPolicy trust = null;
        if (configuration.getTrustPolicy() != null || configuration.getTrustPolicyRepository() != null) {
            trust = TrustPolicies.current();
            if (!trust.golden().isEmpty()) {
                return Optional.of(new CatalogueInForce(Catalogue.read(trust.golden()), trust));
            }
        }
        if (configuration.getCatalogue() == null) {
            return Optional.empty();
        }
        return Optional.of(new CatalogueInForce(read(configuration.getCatalogue()), trust));
    }

    /** @throws AbortException if there is none; no catalogue never means that all is allowed */
    public static CatalogueInForce required() throws IOException, PolicyException, CatalogueException {
        return find().orElseThrow(() -> new AbortException(Messages.CatalogueInForce_None()));
    }

    /** @param yaml what would stand in the section {@code golden} of a trust policy */
    static Catalogue read(String yaml) throws PolicyException, CatalogueException {
        return Catalogue.read(PolicyReader.readGolden(yaml.getBytes(StandardCharsets.UTF_8)));
    }
}
