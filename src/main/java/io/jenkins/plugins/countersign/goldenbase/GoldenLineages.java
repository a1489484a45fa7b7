package io.jenkins.plugins.countersign.goldenbase;

import hudson.model.Run;
import io.jenkins.plugins.countersign.configuration.CatalogueInForce;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.BaseLineage;
import io.jenkins.plugins.countersign.engine.contenttrust.SeenMetadataFile;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseSignatures;
import io.jenkins.plugins.countersign.engine.goldenbase.CachedOrganisations;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue.LineageRule;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenImagesFile;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenOrganisations;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.PublisherSignatures;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistrySignatures;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Lineages;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import jenkins.model.Jenkins;

/** What this controller knows of golden images: the listings of organisations, and every golden image that was seen. */
public final class GoldenLineages {

    private static final Duration KEEP_LISTINGS = Duration.ofMinutes(10);
    /** A gate looks again and again; what an image stands on changes when a golden tag moves. */
    private static final Duration KEEP_ANSWERS = Duration.ofMinutes(1);

    private static final int MAX_ANSWERS = 10_000;

    private static final CachedOrganisations LISTINGS =
            new CachedOrganisations(GoldenOrganisations.UNREACHABLE, Clock.systemUTC(), KEEP_LISTINGS);
    private static final Map<Question, Answer> ANSWERS = new ConcurrentHashMap<>();

    private record Question(String repository, Digest image, Catalogue catalogue) {}

    private record Answer(BaseLineage lineage, Instant found) {}

    private GoldenLineages() {}

    /** Registries as they are configured for the controller, for gates: no build, no folder. */
    public static Lineages ofGates() {
        return GoldenLineages::atGate;
    }

    private static BaseLineage atGate(Repository repository, Digest image) {
        CatalogueInForce inForce;
        try {
            Optional<CatalogueInForce> found = CatalogueInForce.find();
            if (found.isEmpty() || found.get().catalogue().lineage() != LineageRule.REQUIRED) {
                return null;
            }
            inForce = found.get();
        } catch (IOException | PolicyException | CatalogueException e) {
            return new BaseLineage(false, Sentence.of("approval.lineageRuleUnknown", e.getMessage()));
        }
        Question question = new Question(repository.name(), image, inForce.catalogue());
        Answer answer = ANSWERS.get(question);
        Instant now = Instant.now();
        if (answer == null || !now.isBefore(answer.found().plus(KEEP_ANSWERS))) {
            RegistryBases bases = new RegistryBases(host -> Registries.access(host, Progress.NONE));
            CheckContext context =
                    context(inForce, bases, LISTINGS.asking(bases)).withRepository(repository.name());
            answer = new Answer(Lineages.by(check(inForce, bases, context)).of(repository, image), now);
            if (ANSWERS.size() >= MAX_ANSWERS) {
                ANSWERS.clear();
            }
            ANSWERS.put(question, answer);
        }
        return answer.lineage();
    }

    /**
     * How a build reaches the registries of golden images.
     *
     * @param registryOrNull the one registry that gets the step's login
     */
    static RegistryBases bases(Run<?, ?> run, String registryOrNull, String credentialsIdOrNull, Progress progress) {
        return new RegistryBases(new RegistriesOfBases(run, registryOrNull, credentialsIdOrNull, progress));
    }

    /** What a build may ask; listings that were made with a login of its own are not kept for others. */
    static CheckContext context(CatalogueInForce inForce, RegistryBases bases, boolean ownLogin) {
        return context(
                inForce,
                bases,
                ownLogin ? new CachedOrganisations(bases, Clock.systemUTC(), KEEP_LISTINGS) : LISTINGS.asking(bases));
    }

    private static CheckContext context(
            CatalogueInForce inForce, RegistryBases bases, GoldenOrganisations organisations) {
        BaseSignatures people = inForce.trustOrNull() == null
                ? (image, signedBy) -> {
                    throw new BaseSignatures.UnprovenException(Sentence.of("goldenbase.noTrustPolicy"));
                }
                : new RegistrySignatures(bases, inForce.trustOrNull(), Clock.systemUTC());
        return CheckContext.offline(Clock.systemUTC())
                .withOrganisations(organisations)
                .withSignatures(new PublisherSignatures(
                        bases, people, new SeenMetadataFile(kept("content-trust.json")), Clock.systemUTC()));
    }

    static LineageCheck check(CatalogueInForce inForce, RegistryBases bases, CheckContext context) {
        return new LineageCheck(bases, new GoldenImagesFile(kept("golden-images.json")), inForce.catalogue(), context);
    }

    /** What this controller remembers. */
    private static Path kept(String name) {
        return new File(Jenkins.get().getRootDir(), "countersign/" + name).toPath();
    }

    /**
     * The lineage that images of a build must have before they are pushed; empty when the catalogue does not ask for it.
     *
     * @param repository where the image goes
     */
    public static Optional<LineageCheck> required(Run<?, ?> run, String repository, Progress progress)
            throws IOException, PolicyException, CatalogueException {
        Optional<CatalogueInForce> inForce =
                CatalogueInForce.find().filter(found -> found.catalogue().lineage() == LineageRule.REQUIRED);
        if (inForce.isEmpty()) {
            return Optional.empty();
        }
        RegistryBases bases = bases(run, null, null, progress);
        CheckContext context = context(inForce.get(), bases, false)
                .withFolder(CheckBaseImagesStep.folder(run))
                .withRepository(repository);
        return Optional.of(check(inForce.get(), bases, context));
    }
}
