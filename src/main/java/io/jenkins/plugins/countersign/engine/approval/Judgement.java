package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Names;
import io.jenkins.plugins.countersign.engine.trust.Stage;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** One decision under way: the input, what is found out about it, and the questions that several rules ask. */
final class Judgement {

    final GateInput in;
    final TrustPolicy policy;
    final Stage stage;
    /** This stage and all before it: a rejection in any of them holds. */
    final Set<String> stagesUpToHere;

    final Set<String> stagesBefore;
    /** Authentic statements, each signed content once. */
    final Map<Digest, SignedStatement> statements = new TreeMap<>();

    private final List<Hold> holds = new ArrayList<>();
    private final List<SetAside> setAside = new ArrayList<>();
    private final Gate.Reading reading;
    private Instant openUntil;

    Judgement(GateInput in, Stage stage, Gate.Reading reading) {
        this.reading = reading;
        this.in = in;
        this.policy = in.policy().policy();
        this.stage = stage;
        this.stagesBefore = policy.stagesBefore(stage.name());
        this.stagesUpToHere = new HashSet<>(stagesBefore);
        this.stagesUpToHere.add(stage.name());
        this.openUntil = policy.expires();
    }

    Decision decide() {
        policyHolds();
        clockHolds();
        lineageHolds();
        if (!in.unknown().isEmpty()) {
            hold(HoldReason.UNKNOWN, Sentence.of("approval.unknown", in.image().digest(), in.unknown()));
        }
        if (in.statements().size() > Gate.MAX_STATEMENTS) {
            hold(
                    HoldReason.TOO_MANY_STATEMENTS,
                    Sentence.of(
                            "approval.tooManyStatements",
                            in.statements().size(),
                            in.image().digest(),
                            Gate.MAX_STATEMENTS));
            return decision(List.of(), List.of(), List.of());
        }
        readStatements();
        GateRecords records = new GateRecords(this);
        records.judge();
        Exclusions exclusions = new Exclusions(this);
        records.judgeOverrides(exclusions);
        records.judgeNegatives();
        new StagesBefore(this, records).judge();
        EvidenceCheck evidence = new EvidenceCheck(this);
        evidence.judge();
        List<SignedStatement> eligible = new EligibleApprovals(this, records, exclusions, evidence).eligible();
        Places places = new Places(this, eligible, exclusions);
        places.judge();
        new Rollback(this, records, exclusions).judge();
        return decision(places.counted(), places.missing(), places.enough());
    }

    private Decision decision(List<Counted> counted, List<Missing> missing, List<Candidate> enough) {
        holds.sort(Comparator.comparing(Hold::reason).thenComparing(Hold::text));
        setAside.sort(Comparator.comparing((SetAside s) -> s.manifest().toString())
                .thenComparing(s -> String.valueOf(s.statement()))
                .thenComparing(SetAside::reason)
                .thenComparing(SetAside::text));
        return new Decision(
                stage.name(),
                in.image(),
                PolicyReference.to(policy),
                in.now(),
                holds,
                counted,
                missing,
                enough,
                setAside,
                holds.isEmpty() ? openUntil : null);
    }

    void hold(HoldReason reason, Sentence sentence) {
        holds.add(new Hold(reason, sentence));
    }

    void setAside(SignedStatement statement, SetAsideReason reason, Sentence sentence) {
        setAside.add(statement.setAside(reason, sentence));
    }

    /** An opened gate stays so until then at the latest. */
    void openUntil(Instant end) {
        if (end.isBefore(openUntil)) {
            openUntil = end;
        }
    }

    private void policyHolds() {
        if (!in.now().isBefore(policy.expires())) {
            hold(
                    HoldReason.POLICY_EXPIRED,
                    Sentence.of("approval.policyExpired", in.policy().sentence(), policy.expires()));
        }
        String source = in.policy().source();
        if (source.equals(in.image().repository()) || in.alsoKnownAs().contains(source)) {
            hold(HoldReason.POLICY_FROM_JUDGED_REPOSITORY, Sentence.of("approval.policyFromJudgedRepository", source));
        }
        long highest = in.ledger().highestPolicyVersion(policy.name()).orElse(0);
        Optional<Digest> known = in.ledger().policyDigest(policy.name(), policy.version());
        if (policy.version() < highest) {
            hold(
                    HoldReason.POLICY_OLDER_THAN_SEEN,
                    Sentence.of("approval.policyOlder", in.policy().sentence(), highest));
        } else if (known.isPresent() && !known.get().equals(policy.digest())) {
            hold(
                    HoldReason.POLICY_OLDER_THAN_SEEN,
                    Sentence.of("approval.policyOfOtherContent", policy.version(), known.get(), policy.digest()));
        }
    }

    private void clockHolds() {
        Instant latest = in.ledger().latestTime();
        if (latest.isAfter(in.now().plus(KeyTimes.SKEW))) {
            hold(HoldReason.CLOCK_MOVED_BACK, Sentence.of("approval.clockBehindLedger", in.now(), latest));
        }
    }

    private void lineageHolds() {
        BaseLineage base = in.baseOrNull();
        if (base != null && !base.proven()) {
            hold(HoldReason.LINEAGE, Sentence.of("approval.lineage", base.sentence()));
        } else if (base == null && policy.golden().path("lineage").asText().equals("required")) {
            hold(
                    HoldReason.LINEAGE,
                    Sentence.of("approval.lineageNotLookedAt", in.policy().sentence()));
        }
    }

    private void readStatements() {
        StatementReader reader = reading.read(in.statements(), policy);
        setAside.addAll(reader.setAside());
        Map<Digest, List<SignedStatement>> byContent = new HashMap<>();
        for (SignedStatement statement : reader.statements()) {
            byContent
                    .computeIfAbsent(statement.digest(), digest -> new ArrayList<>())
                    .add(statement);
        }
        byContent.forEach((digest, same) -> {
            if (same.size() > 1) {
                same.sort(Comparator.comparing(this::isWorseAsRecord)
                        .thenComparing(s -> timeFault(s).isPresent())
                        .thenComparing(SignedStatement::isByIdentity)
                        .thenComparing(s -> !s.key().token())
                        .thenComparing(s -> s.manifest().toString())
                        .thenComparing(s -> s.key().fingerprint().toString()));
            }
            statements.put(digest, same.get(0));
            for (SignedStatement other : same.subList(1, same.size())) {
                setAside(
                        other,
                        SetAsideReason.DUPLICATE,
                        Sentence.of("approval.duplicate", same.get(0).manifest()));
            }
        });
    }

    /**
     * The same words under several signatures, perhaps with several keys: the best one speaks. Whoever copies somebody's rejection
     * and signs it with a stolen key, or as a Jenkins, must not take its author's own signature from it.
     */
    private int isWorseAsRecord(SignedStatement statement) {
        if (statement.record().isEmpty()) {
            return 0;
        }
        return negativeTimeFault(statement).isPresent() ? 2 : statement.isByIdentity() ? 1 : 0;
    }

    /** When the statement existed at the latest, by the earliest proof there is. */
    Optional<Instant> proven(Digest statement) {
        Optional<Instant> ledger = in.ledger().firstSeen(statement);
        Instant other = in.provenTimes().get(statement);
        if (other == null) {
            return ledger;
        }
        return ledger.isEmpty() || other.isBefore(ledger.get()) ? Optional.of(other) : ledger;
    }

    /** The rule for what can open a gate. */
    Optional<KeyTimes.Fault> timeFault(SignedStatement statement) {
        return KeyTimes.check(statement.key(), statement.issuedAt(), proven(statement.digest()), in.now());
    }

    /** The rule for what can only hold one. */
    Optional<KeyTimes.Fault> negativeTimeFault(SignedStatement statement) {
        return KeyTimes.checkNegative(statement.key(), statement.issuedAt(), proven(statement.digest()));
    }

    /** Key, policy and end of a statement that can open a gate; sets it aside and answers false if one is wrong. */
    boolean isGood(SignedStatement statement) {
        Optional<KeyTimes.Fault> fault = timeFault(statement);
        if (fault.isPresent()) {
            setAside(statement, fault.get().reason(), fault.get().sentence());
            return false;
        }
        return isOfThisPolicy(statement);
    }

    private boolean isOfThisPolicy(SignedStatement statement) {
        PolicyReference named = statement.policy();
        if (!named.name().equals(policy.name())) {
            setAside(
                    statement,
                    SetAsideReason.OTHER_POLICY,
                    Sentence.of("approval.underOtherPolicy", named.name(), policy.name()));
        } else if (named.version() > policy.version()) {
            setAside(
                    statement,
                    SetAsideReason.POLICY_NEWER,
                    Sentence.of("approval.underNewerPolicy", named.version(), policy.version()));
        } else if (named.version() == policy.version() && !named.digest().equals(policy.digest())) {
            setAside(
                    statement,
                    SetAsideReason.POLICY_DIFFERS,
                    Sentence.of("approval.underOtherContent", named.version(), named.digest(), policy.digest()));
        } else {
            return true;
        }
        return false;
    }

    /** Whether it is about exactly this image; sets it aside otherwise. */
    boolean isOfThisImage(SignedStatement statement) {
        ApprovedImage image = statement.image();
        if (!image.digest().equals(in.image().digest())) {
            setAside(
                    statement,
                    SetAsideReason.OTHER_DIGEST,
                    Sentence.of(
                            "approval.aboutOther", image.digest(), in.image().digest()));
            return false;
        }
        for (Digest platform : image.platforms()) {
            if (!in.image().platforms().contains(platform)) {
                setAside(
                        statement,
                        SetAsideReason.OTHER_DIGEST,
                        Sentence.of("approval.namesMore", platform, in.image().digest()));
                return false;
            }
        }
        return true;
    }

    /** Whether it says something about this image or a part of it: enough for what can only hold. */
    boolean concernsThisImage(SignedStatement statement) {
        Digest digest = statement.image().digest();
        if (digest.equals(in.image().digest()) || in.image().platforms().contains(digest)) {
            return true;
        }
        setAside(
                statement,
                SetAsideReason.OTHER_DIGEST,
                Sentence.of("approval.aboutOther", digest, in.image().digest()));
        return false;
    }

    boolean isOfThisRepository(SignedStatement statement) {
        String repository = statement.image().repository();
        if (isThisRepository(repository)) {
            return true;
        }
        setAside(
                statement,
                SetAsideReason.OTHER_REPOSITORY,
                Sentence.of(
                        "approval.aboutOtherRepository", repository, in.image().repository()));
        return false;
    }

    boolean isThisRepository(String repository) {
        return repository.equals(in.image().repository()) || in.alsoKnownAs().contains(repository);
    }

    boolean isInRole(SignedStatement statement) {
        if (!policy.roles().containsKey(statement.role())) {
            setAside(
                    statement,
                    SetAsideReason.UNKNOWN_ROLE,
                    Sentence.of("approval.unknownRole", StatementMembers.shown(statement.role())));
        } else if (!policy.isInRole(statement.person().name(), statement.role())) {
            setAside(
                    statement,
                    SetAsideReason.NOT_IN_ROLE,
                    Sentence.of("approval.notInRole", statement.person().name(), statement.role()));
        } else {
            return true;
        }
        return false;
    }

    /** Whether the stage lets a Jenkins vouch for people in the role, if that is who signed. */
    boolean isSignedAsNeeded(SignedStatement statement) {
        boolean taken = !statement.isByIdentity()
                || policy.stage(statement.stage())
                        .map(there -> there.takesIdentity(statement.role()))
                        .orElse(false);
        if (!taken) {
            setAside(
                    statement,
                    SetAsideReason.IDENTITY_NOT_ENOUGH,
                    Sentence.of(
                            "approval.identityNotEnough",
                            statement.person().name(),
                            StatementMembers.shown(statement.stage()),
                            statement.role()));
        }
        return taken;
    }

    /** The person in a statement that is or was there; empty when nothing says who it was. */
    Optional<String> personOf(Digest statement) {
        SignedStatement present = statements.get(statement);
        if (present != null) {
            return Optional.of(present.person().name());
        }
        return in.ledger().known(in.image().digest()).stream()
                .filter(known -> known.statement().equals(statement))
                .map(known -> known.person())
                .findFirst();
    }

    static boolean same(String person, String other) {
        return Names.same(person, other);
    }
}
