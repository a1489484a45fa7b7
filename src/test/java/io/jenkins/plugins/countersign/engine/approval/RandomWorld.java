package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** A random policy and random statements, with the facts kept apart from what is signed, so that a reference can use them. */
final class RandomWorld {

    static final List<String> PEOPLE = List.of("ann", "bob", "cat", "dan", "eve");
    static final List<String> ROLES = List.of("red", "green", "boss");
    static final String STAGE = "stage";
    private static final Map<Said, Digest> DIGESTS = new java.util.WeakHashMap<>();

    /** @param person who signs with a key of theirs, {@code token} or not */
    record Need(String role, int count, boolean token) {}

    /**
     * Something said.
     *
     * @param forged whether the signature is somebody else's
     * @param about 0 for this image, 1 for another, 2 for another repository
     */
    record Said(
            String kind,
            String person,
            String role,
            String stage,
            boolean token,
            boolean forged,
            int about,
            long sequence,
            Instant issuedAt,
            Instant expiresAtOrNull,
            Said target,
            PolicyReference policy) {

        /** Once for each: the reference asks for it again and again. */
        Digest digest() {
            Digest known = DIGESTS.get(this);
            if (known == null) {
                known = Digest.of(kind.equals("approval") ? approval().payload() : record().payload());
                DIGESTS.put(this, known);
            }
            return known;
        }

        private ApprovedImage image() {
            return switch (about) {
                case 0 -> Scene.IMAGE;
                case 1 -> Scene.image("another");
                default -> new ApprovedImage("example.com/x", "", Scene.IMAGE.digest(), 1, Scene.IMAGE.platforms());
            };
        }

        Approval approval() {
            return Approval.of(image(), stage, role, person, policy, issuedAt, sequence)
                    .withExpiry(expiresAtOrNull);
        }

        GateRecord record() {
            return switch (kind) {
                case "rejection" ->
                    GateRecord.rejection(image(), stage, role, person, policy, "no", issuedAt, sequence);
                case "withdrawal" ->
                    GateRecord.withdrawal(
                            image(), stage, person, policy, List.of(target.digest()), "oh", issuedAt, sequence);
                default ->
                    GateRecord.override(
                            image(), stage, role, person, policy, List.of(target.digest()), "go", issuedAt, sequence);
            };
        }

        FoundSignature sign() {
            String key = forged ? "mallory" : person + (token ? "-token" : "");
            return kind.equals("approval") ? Scene.sign(approval(), key) : Scene.sign(record(), key);
        }
    }

    final PolicyText text;
    final Map<String, Set<String>> roles = new LinkedHashMap<>();
    final List<Need> needs = new ArrayList<>();
    final boolean distinct;
    final Duration maxAge;
    final List<Said> said = new ArrayList<>();
    final TrustPolicy policy;
    final PolicyReference reference;
    final Random random;

    private RandomWorld(Random random) throws PolicyException {
        this.random = random;
        text = new PolicyText();
        for (String person : PEOPLE) {
            text.key(person, person, "").key(person, person + "-token", "token: true");
        }
        for (String role : ROLES) {
            Set<String> members = new TreeSet<>();
            PEOPLE.forEach(person -> {
                if (random.nextInt(3) != 0) {
                    members.add(person);
                }
            });
            roles.put(role, members);
            text.role(role, String.join(", ", members));
        }
        List<String> flow = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(2); i++) {
            Need need = new Need(ROLES.get(random.nextInt(2)), 1 + random.nextInt(2), random.nextInt(4) == 0);
            needs.add(need);
            flow.add("{role: " + need.role() + ", count: " + need.count() + ", token: " + need.token() + "}");
        }
        distinct = random.nextInt(4) != 0;
        maxAge = Duration.ofHours(random.nextBoolean() ? 9 : 20);
        text.stage("early", "{needs: []}");
        text.stage(
                STAGE,
                "{after: early, needs: [" + String.join(", ", flow) + "], distinctPeople: " + distinct + ", maxAge: "
                        + maxAge + "}");
        text.with("overrideRole: boss");
        policy = PolicyReader.read(text.bytes());
        reference = PolicyReference.to(policy);
        for (int i = random.nextInt(20); i > 0; i--) {
            said.add(say());
        }
    }

    /** Seeds whose policy is refused, because no team could open its stage, are passed over. */
    static RandomWorld of(long seed) {
        for (long salt = 0; ; salt++) {
            try {
                return new RandomWorld(new Random(seed * 1_000 + salt));
            } catch (PolicyException e) {
                if (!e.getMessage().contains("count")) {
                    throw new AssertionError(e.getMessage(), e);
                }
            }
        }
    }

    private Said say() {
        int dice = random.nextInt(20);
        boolean canTarget = !said.isEmpty();
        String kind =
                dice < 17 || !canTarget ? "approval" : dice < 18 ? "rejection" : dice < 19 ? "withdrawal" : "override";
        String person = pick(PEOPLE);
        String role = kind.equals("override") ? "boss" : pick(ROLES);
        Said target = kind.equals("withdrawal") || kind.equals("override") ? pick(said) : null;
        if (kind.equals("withdrawal") && random.nextInt(3) != 0) {
            person = target.person();
        }
        Instant issued = Scene.NOW.minus(Duration.ofHours(random.nextInt(12)));
        return new Said(
                kind,
                person,
                role,
                random.nextInt(8) == 0 ? "early" : STAGE,
                random.nextInt(3) == 0,
                random.nextInt(10) == 0,
                random.nextInt(8) == 0 ? 1 + random.nextInt(2) : 0,
                1 + random.nextInt(4),
                issued,
                kind.equals("approval") && random.nextInt(5) == 0 ? issued.plus(Duration.ofHours(3)) : null,
                target,
                reference);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Decides with real signatures. */
    Decision decideSigned() {
        return Gate.decide(input(said.stream().map(Said::sign).toList()));
    }

    Decision decide() {
        return decide(said);
    }

    /** Decides as if the signatures had been read; thousands of worlds take no time then. */
    Decision decide(List<Said> all) {
        List<SignedStatement> signed = new ArrayList<>();
        List<SetAside> forged = new ArrayList<>();
        for (Said one : all) {
            Digest manifest = Scene.digest(one.digest() + " " + one.token() + one.forged());
            Person person = policy.people().get(one.person());
            if (one.forged()) {
                forged.add(new SetAside(
                        one.digest(),
                        manifest,
                        one.kind(),
                        one.person(),
                        one.role(),
                        SetAsideReason.BAD_SIGNATURE,
                        Sentence.verbatim("forged")));
                continue;
            }
            boolean approval = one.kind().equals("approval");
            signed.add(new SignedStatement(
                    one.digest(),
                    manifest,
                    person,
                    person.keys().get(one.token() ? 1 : 0),
                    approval ? one.approval() : null,
                    approval ? null : one.record()));
        }
        return Gate.decide(input(List.of()), (found, ofPolicy) -> new StatementReader(ofPolicy, signed, forged));
    }

    private GateInput input(List<FoundSignature> found) {
        return GateInput.of(TrustedPolicy.insecureAcceptUnsigned(policy, "test"), STAGE, Scene.IMAGE, found, Scene.NOW)
                .withSeals(
                        Map.of("early", new StageSeal("early", Scene.IMAGE.digest(), Scene.NOW, Scene.NOW, List.of())));
    }
}
