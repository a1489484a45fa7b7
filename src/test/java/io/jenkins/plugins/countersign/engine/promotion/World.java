package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** People with keys, a policy that knows them, and a clock that is moved by hand. */
public final class World {

    public static final String STAGES = "  qa: {needs: [{role: qa, count: 1}]}\n"
            + "  production: {after: qa, needs: [{role: release, count: 2}], maxAge: P14D}\n";

    /** Moved by tests. */
    public static final class MovableClock extends Clock {
        private volatile Instant now = Instant.parse("2026-11-22T12:00:00Z");

        public void set(Instant time) {
            now = time;
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    public final MovableClock clock = new MovableClock();
    public final Map<String, SigningKey> keys = new LinkedHashMap<>();
    public TrustedPolicy policy;

    private World() {}

    public static World of(String stages) throws Exception {
        return of(stages, 0);
    }

    /** @param crowd how many people are in the role {@code crowd}: {@code p0}, {@code p1} … */
    public static World of(String stages, int crowd) throws Exception {
        World world = new World();
        for (String name : List.of("root", "gate", "carol", "erin", "frank", "grace", "ci", "mallory")) {
            world.keys.put(name, KeyGenerator.generate(new SecureRandom()));
        }
        for (int i = 0; i < crowd; i++) {
            world.keys.put("p" + i, KeyGenerator.generate(new SecureRandom()));
        }
        world.policy = world.policy(1, stages);
        return world;
    }

    /** Keys and policy as files, for another process. */
    public void save(Path folder) throws Exception {
        for (Map.Entry<String, SigningKey> key : keys.entrySet()) {
            Files.writeString(
                    folder.resolve(key.getKey() + ".pem"), key.getValue().unencryptedSecret());
        }
        Files.writeString(folder.resolve("policy.yaml"), document);
    }

    public static World load(Path folder) throws Exception {
        World world = new World();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".pem")).sorted().toList()) {
                world.keys.put(
                        file.getFileName().toString().replace(".pem", ""),
                        KeyPairReader.read(Files.readAllBytes(file), new char[0]));
            }
        }
        world.document = Files.readString(folder.resolve("policy.yaml"));
        world.policy = TrustedPolicy.insecureAcceptUnsigned(
                PolicyReader.read(world.document.getBytes(StandardCharsets.UTF_8)), "tests");
        return world;
    }

    private String document;

    public TrustedPolicy policy(long version, String stages) throws Exception {
        StringBuilder yaml = new StringBuilder("name: main\nversion: " + version + "\nexpires: 2099-02-01T00:00:00Z\n"
                + "root: {threshold: 1, keys: [" + key("root") + "]}\ngate: {keys: [" + key("gate") + "]}\npeople:\n");
        for (String person : keys.keySet()) {
            if (!List.of("root", "gate", "mallory").contains(person)) {
                yaml.append("  " + person + ": {keys: [" + key(person) + "]}\n");
            }
        }
        yaml.append("roles: {qa: [carol, erin], release: [frank, grace, carol], ci: [ci], lead: [erin], crowd: ["
                + String.join(
                        ", ",
                        keys.keySet().stream()
                                .filter(name -> name.matches("p\\d+"))
                                .toList())
                + "]}\noverrideRole: lead\nstages:\n" + stages);
        document = yaml.toString();
        return TrustedPolicy.insecureAcceptUnsigned(
                PolicyReader.read(document.getBytes(StandardCharsets.UTF_8)), "tests");
    }

    private String key(String name) {
        return "{pem: \"" + PublicKeys.pem(keys.get(name).publicKey()).replace("\n", "\\n") + "\"}";
    }

    public TrustPolicy trust() {
        return policy.policy();
    }

    public Promotion promotion(Ledger ledger) {
        return new Promotion(policy, keys.get("gate"), ledger, "https://jenkins.example.com/", clock, Progress.NONE);
    }

    public Digest approve(
            Repository repository, Digest image, String person, String stage, String role, Digest... evidence)
            throws Exception {
        ImageStatements statements = ImageStatements.about(repository, image, "", trust(), clock);
        Approval approval = statements.approval(
                trust().person(person).orElseThrow(), stage, role, "fine", List.of(evidence), Origin.UNKNOWN);
        statements.attach(approval, keys.get(person));
        return Digest.of(approval.payload());
    }

    /** The person's public key as a file. */
    public Path publicKey(Path folder, String person) throws Exception {
        return Files.writeString(
                folder.resolve(person + ".pub"), PublicKeys.pem(keys.get(person).publicKey()));
    }

    /** @return digest of the manifest that holds it */
    public Digest reject(Repository repository, Digest image, String person, String stage, String role)
            throws Exception {
        ImageStatements statements = ImageStatements.about(repository, image, "", trust(), clock);
        return statements.attach(
                statements.record(
                        GateRecord.Kind.REJECTION,
                        trust().person(person).orElseThrow(),
                        stage,
                        role,
                        List.of(),
                        null,
                        null,
                        "the login is broken"),
                keys.get(person));
    }
}
