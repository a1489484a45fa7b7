package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.contenttrust.SeenMetadataFile;
import io.jenkins.plugins.countersign.engine.goldenbase.CachedOrganisations;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenImagesFile;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.PublisherSignatures;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistrySignatures;
import io.jenkins.plugins.countersign.engine.promotion.Lineages;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/**
 * The golden images of a trust policy, with the registries that know them, for one command.
 *
 * @param catalogue what is golden
 * @param registries answers for them
 * @param context what a check may ask
 */
record GoldenBases(Catalogue catalogue, RegistryBases registries, CheckContext context) {

    static GoldenBases of(TrustPolicy trust, RegistryOptions options) throws CatalogueException, IOException {
        return of(trust, new RegistryBases(host -> {
            try {
                return options.access(host);
            } catch (Failure e) {
                throw new IOException(e.getMessage(), e);
            }
        }));
    }

    static GoldenBases of(TrustPolicy trust, RegistryBases registries) throws CatalogueException, IOException {
        Clock clock = Clock.systemUTC();
        return new GoldenBases(
                Catalogue.read(trust.golden()),
                registries,
                CheckContext.offline(clock)
                        .withOrganisations(new CachedOrganisations(registries, clock, Duration.ofMinutes(10)))
                        .withSignatures(new PublisherSignatures(
                                registries,
                                new RegistrySignatures(registries, trust, clock),
                                new SeenMetadataFile(StateFolder.file("content-trust.json")),
                                clock)));
    }

    /** What was seen before is kept in the state folder: without it an old golden base is a stranger. */
    LineageCheck lineage() throws IOException {
        return new LineageCheck(
                registries, new GoldenImagesFile(StateFolder.file("golden-images.json")), catalogue, context);
    }

    /** For a gate: looked at where the policy asks for it. */
    Lineages forGate() throws IOException {
        return catalogue.lineage() == Catalogue.LineageRule.REQUIRED ? Lineages.by(lineage()) : Lineages.NOT_LOOKED_AT;
    }
}
