package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Hold;
import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.audit.KnownPromotion;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.audit.RecordKind;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.Copy;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings an image into the next stage's repository or tag, after its gate opened: seal, read back, copy, look again, tag last.
 *
 * <p>Nothing is remembered between the steps but what lies in the registry and in the ledger, and every step finds out what is
 * done already. So whoever was killed is simply run again; until the tag has moved, nothing is promoted.
 */
public final class Promotion {

    private static final int MAX_LISTED = 60;

    private final TrustedPolicy policy;
    private final Signer gate;
    private final Ledger ledger;
    private final String verifier;
    private final Clock clock;
    private final Progress progress;
    private Lineages lineages = Lineages.NOT_LOOKED_AT;

    /**
     * @param gate signs the seals; one of the policy's gate keys
     * @param ledger of this controller
     * @param verifier names this controller in summaries, a URI: the Jenkins' own URL
     */
    public Promotion(
            TrustedPolicy policy, Signer gate, Ledger ledger, String verifier, Clock clock, Progress progress) {
        this.policy = policy;
        this.gate = gate;
        this.ledger = ledger;
        this.verifier = verifier;
        this.clock = clock;
        this.progress = progress;
    }

    /** Asks what the image stands on. */
    public Promotion withLineages(Lineages some) {
        lineages = some;
        return this;
    }

    /**
     * What is to be promoted, and where to.
     *
     * @param source where the image and its statements are
     * @param image by digest: the tag was resolved once, before anybody was asked
     * @param tag by which it was found, for people; empty when by none
     * @param stage whose gate must be open
     * @param destination where it goes; may be {@code source}
     * @param tags what it is called there; empty to seal it only
     * @param alsoKnownAs other names of the source's repository, as an administrator says
     * @param build who made the image, as Jenkins knows
     */
    public record Order(
            Repository source,
            Digest image,
            String tag,
            String stage,
            Repository destination,
            List<String> tags,
            Set<String> alsoKnownAs,
            BuildFacts build) {

        public Order {
            tags = List.copyOf(tags);
            alsoKnownAs = Set.copyOf(alsoKnownAs);
            for (String name : tags) {
                if (!ImageReference.isTag(name)) {
                    throw new IllegalArgumentException("not a tag: \"" + name + "\"");
                }
            }
        }

        public Order(Repository source, Digest image, String stage, Repository destination, List<String> tags) {
            this(source, image, "", stage, destination, tags, Set.of(), BuildFacts.UNKNOWN);
        }
    }

    /**
     * What became of it.
     *
     * @param decision the last one; when it holds, nothing was tagged
     * @param sealOrNull the stage's summary; null when the gate was held
     * @param promoted whether the tags now mean the image
     */
    public record Outcome(Decision decision, VerificationSummary sealOrNull, boolean promoted) {}

    /** Asks the gate, without doing anything about it; what was seen for the first time is written to the ledger. */
    public Decision decide(Order order) throws RegistryException, LedgerException {
        return judgement(order).decide(order.source(), order.tag(), order.alsoKnownAs());
    }

    /**
     * @throws PromotionException if the gate is open and yet nothing may be tagged: the seal cannot be read back, or the key
     *     that would sign it is none of the policy's
     * @throws RegistryException if a registry did not do what was asked; run it again
     */
    public Outcome promote(Order order) throws PromotionException, RegistryException, LedgerException, KeyException {
        Decision decision = decide(order);
        record(order, decision, order.source());
        if (!decision.isOpen()) {
            publishHead(order.source(), false);
            return new Outcome(decision, null, false);
        }
        requireGateKey();
        Set<String> moved = new HashSet<>();
        for (String tag : order.tags()) {
            if (!meansImage(order, tag)) {
                moved.add(tag);
            }
        }
        if (!isRecorded(order) || !moved.isEmpty()) {
            ledger.append(RecordKind.PROMOTING, fields(order, String.join(",", order.tags())));
        }
        VerificationSummary seal = seal(order, decision);
        boolean elsewhere = !order.source().name().equals(order.destination().name());
        if (elsewhere) {
            Copy.of(order.source(), order.image(), order.destination())
                    .reporting(progress)
                    .run();
            requireComplete(order.destination(), order, seal);
        }
        Decision again = decide(order);
        if (again.isOpen() && elsewhere) {
            Set<String> names = new HashSet<>(order.alsoKnownAs());
            names.add(order.source().name());
            again = judgement(order).decide(order.destination(), "", names);
        }
        if (!again.isOpen()) {
            record(order, again, order.destination());
            publishHead(order.source(), false);
            return new Outcome(again, seal, false);
        }
        boolean changed = !isRecorded(order);
        for (String tag : order.tags()) {
            tag(order, tag);
        }
        publishHead(order.source(), changed);
        if (elsewhere) {
            publishHead(order.destination(), changed);
        }
        return new Outcome(again, seal, true);
    }

    /**
     * Signs the head of a stage again, after looking at the registry as it is now. Heads are short-lived, so this is run on a
     * slow poll; a stage without {@code freshness} needs none.
     *
     * @return empty when the tag means another image by now, or the gate no longer stands by it: the head is left to expire
     */
    public Optional<StageHead> confirm(Order order, String tag)
            throws PromotionException, RegistryException, LedgerException, KeyException {
        requireGateKey();
        if (!meansImage(order, tag)) {
            return Optional.empty();
        }
        Set<String> names = new HashSet<>(order.alsoKnownAs());
        names.add(order.source().name());
        Verification verification = Verification.of(
                order.destination(), order.image(), policy, order.stage(), names, ledger, lineages, clock.instant());
        if (!verification.isGood()) {
            return Optional.empty();
        }
        return Optional.of(StageHead.write(
                order.destination(), order.stage(), tag, order.image(), policy.policy(), gate, clock.instant()));
    }

    /**
     * Says in the repository what this ledger knows: after a promotion, and whenever it knows a rejection there that it has not
     * said yet. A head that cannot be written is no reason to undo anything: the ledger itself has it all.
     */
    private void publishHead(Repository repository, boolean promoted) throws KeyException {
        try {
            requireGateKey();
            if (promoted || LedgerHeads.read(repository, policy.policy()).lacks(ledger, repository.name())) {
                LedgerHeads.publish(repository, ledger, gate);
            }
        } catch (RegistryException | PromotionException e) {
            progress.on(new Event.Warned(
                    "the ledger's head was not published in " + repository.name() + ": " + e.getMessage()));
        }
    }

    private Judging judgement(Order order) {
        return new Judging(
                policy,
                order.stage(),
                order.image(),
                order.destination().name(),
                order.build(),
                ledger,
                ledger,
                clock.instant(),
                lineages);
    }

    private VerificationSummary seal(Order order, Decision decision)
            throws RegistryException, KeyException, PromotionException, LedgerException {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        VerificationSummary wanted = new VerificationSummary(
                verifier,
                now,
                order.stage(),
                order.source().name(),
                order.destination().name(),
                order.tags(),
                PolicyReference.to(policy.policy()),
                policy.source(),
                decision.counted().stream()
                        .map(counted -> new VerificationSummary.Input(
                                counted.manifest(), counted.statement(), counted.person(), counted.role()))
                        .distinct()
                        .toList(),
                order.build());
        VerificationSummary written =
                new SealWriter(order.source(), order.image(), policy.policy()).write(wanted, gate, now);
        requireComplete(order.source(), order, written);
        if (written == wanted || !isRecorded(order)) {
            ledger.append(RecordKind.SEAL, fields(order, String.join(",", order.tags())));
        }
        return written;
    }

    /** Read back: a seal that is not there for others is none. */
    private void requireComplete(Repository repository, Order order, VerificationSummary seal)
            throws RegistryException, PromotionException {
        List<String> missing =
                new SealWriter(repository, order.image(), policy.policy()).missing(seal, clock.instant());
        if (!missing.isEmpty()) {
            throw new PromotionException("the seal of stage " + order.stage() + " was written to " + repository.name()
                    + " and cannot be read back: missing is " + String.join(", ", missing)
                    + ". Nothing was tagged; look into the registry's log, then promote again");
        }
    }

    private void tag(Order order, String tag)
            throws RegistryException, PromotionException, LedgerException, KeyException {
        if (!meansImage(order, tag)) {
            order.destination().tag(order.image(), tag);
            progress.on(new Event.Tagged(order.destination().name(), tag, order.image()));
        }
        if (!meansImage(order, tag)) {
            throw new PromotionException(
                    "the tag " + tag + " of " + order.destination().name() + " was moved to " + order.image()
                            + " and means something else already: somebody else moves it too");
        }
        boolean fresh = policy.policy()
                .stage(order.stage())
                .flatMap(stage -> stage.freshness())
                .isPresent();
        if (fresh) {
            StageHead.write(
                    order.destination(), order.stage(), tag, order.image(), policy.policy(), gate, clock.instant());
        }
        if (!isLast(order, tag)) {
            ledger.append(RecordKind.PROMOTED, fields(order, tag));
        }
    }

    private boolean meansImage(Order order, String tag) throws RegistryException {
        return order.destination()
                .resolve(tag)
                .map(Descriptor::digest)
                .filter(order.image()::equals)
                .isPresent();
    }

    private boolean isRecorded(Order order) {
        return order.tags().stream().allMatch(tag -> isLast(order, tag));
    }

    private boolean isLast(Order order, String tag) {
        List<KnownPromotion> all = ledger.promotions(order.destination().name(), order.stage());
        Digest last = null;
        for (KnownPromotion promotion : all) {
            last = promotion.tag().equals(tag) ? promotion.image() : last;
        }
        return order.image().equals(last);
    }

    private void requireGateKey() throws PromotionException {
        boolean known =
                policy.policy().gateKeys().stream().anyMatch(key -> key.key().equals(gate.publicKey()));
        if (!known) {
            throw new PromotionException("the key " + PublicKeys.fingerprint(gate.publicKey())
                    + " would sign the seal, and the trust policy " + policy
                    + " names it not under \"gate\": nobody would believe it");
        }
    }

    private static Map<String, String> fields(Order order, String tag) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("image", order.image().toString());
        fields.put("source", order.source().name());
        fields.put("repository", order.destination().name());
        fields.put("stage", order.stage());
        fields.put("tag", tag);
        return fields;
    }

    private void record(Order order, Decision decision, Repository at) throws LedgerException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("image", order.image().toString());
        fields.put("repository", at.name());
        fields.put("stage", order.stage());
        fields.put("outcome", decision.isOpen() ? "open" : "held");
        fields.put("policy", decision.policy().name() + " " + decision.policy().version());
        if (decision.isOpen()) {
            fields.put(
                    "counted",
                    decision.counted().stream()
                            .limit(MAX_LISTED)
                            .map(counted -> counted.person() + " as " + counted.role() + " " + counted.statement())
                            .collect(Collectors.joining(", ")));
        } else {
            fields.put(
                    "holds",
                    decision.holds().stream()
                            .map(Hold::reason)
                            .map(reason -> reason.word())
                            .distinct()
                            .collect(Collectors.joining(", ")));
        }
        ledger.append(RecordKind.DECISION, fields);
    }
}
