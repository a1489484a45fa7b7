package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** An image in front of a gate, and what lies next to it. Statements are signed with the key of the person's name. */
final class Scene {

    static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    static final String REPOSITORY = "registry.example.com/app";
    static final ApprovedImage IMAGE = image("image");

    final PolicyText text;
    final TrustPolicy policy;
    final String stage;
    final List<FoundSignature> found = new ArrayList<>();
    final Map<String, StageSeal> seals = new HashMap<>();
    KnownLedger ledger = new KnownLedger();
    ApprovedImage image = IMAGE;
    Instant now = NOW;
    UnaryOperator<GateInput> more = input -> input;

    Scene(PolicyText text, String stage) {
        this.text = text;
        this.policy = text.policy();
        this.stage = stage;
        for (String before : policy.stagesBefore(stage)) {
            seals.put(before, new StageSeal(before, IMAGE.digest(), NOW, NOW, List.of()));
        }
    }

    /** One stage, {@code qa}, for which one of carol and erin is enough. */
    static Scene qa() {
        return new Scene(PolicyText.example().with("overrideRole: security"), "qa");
    }

    static Digest digest(String content) {
        return Digest.of(content.getBytes(StandardCharsets.UTF_8));
    }

    static ApprovedImage image(String content) {
        return new ApprovedImage(
                REPOSITORY,
                "1.0",
                digest(content),
                1234,
                List.of(digest(content + "/amd64"), digest(content + "/arm64")));
    }

    static Instant ago(String duration) {
        return NOW.minus(Duration.parse(duration));
    }

    PolicyReference reference() {
        return PolicyReference.to(policy);
    }

    Approval approval(String person, String role) {
        return Approval.of(IMAGE, stage, role, person, reference(), ago("PT1H"), 1);
    }

    GateRecord rejection(String person, String role) {
        return GateRecord.rejection(IMAGE, stage, role, person, reference(), "does not start", ago("PT30M"), 2);
    }

    GateRecord withdrawal(String person, Digest... targets) {
        return GateRecord.withdrawal(IMAGE, stage, person, reference(), List.of(targets), "a mistake", ago("PT20M"), 3);
    }

    GateRecord override(String person, Digest... targets) {
        return GateRecord.override(
                IMAGE, stage, "security", person, reference(), List.of(targets), "known and harmless", ago("PT10M"), 1);
    }

    Scene approved(String person, String role) {
        return add(approval(person, role), person);
    }

    Scene add(Approval approval, String key) {
        found.add(sign(approval, key));
        return this;
    }

    Scene add(GateRecord record, String key) {
        found.add(sign(record, key));
        return this;
    }

    Scene add(FoundSignature signature) {
        found.add(signature);
        return this;
    }

    static FoundSignature sign(Approval approval, String key) {
        try {
            return bundle(Approvals.sign(approval, TestKeys.of(key)).toBytes());
        } catch (KeyException e) {
            throw new AssertionError(e);
        }
    }

    static FoundSignature sign(GateRecord record, String key) {
        try {
            return record(Approvals.sign(record, TestKeys.of(key)).toBytes());
        } catch (KeyException e) {
            throw new AssertionError(e);
        }
    }

    /** Any payload of any type, as a bundle. */
    static FoundSignature bundle(String payloadType, byte[] payload, String key) {
        try {
            DsseEnvelope envelope = DsseEnvelope.sign(payloadType, payload, TestKeys.of(key));
            return bundle(
                    SigstoreBundle.of(envelope, TestKeys.of(key).publicKey()).toBytes());
        } catch (KeyException e) {
            throw new AssertionError(e);
        }
    }

    static FoundSignature bundle(byte[] content) {
        return new FoundSignature(SignatureFormat.BUNDLE, IMAGE.digest(), Digest.of(content), content, Map.of());
    }

    static FoundSignature record(byte[] content) {
        return new FoundSignature(SignatureFormat.RECORD, IMAGE.digest(), Digest.of(content), content, Map.of());
    }

    static Digest digest(Approval approval) {
        return Digest.of(approval.payload());
    }

    static Digest digest(GateRecord record) {
        return Digest.of(record.payload());
    }

    Scene with(UnaryOperator<GateInput> change) {
        UnaryOperator<GateInput> before = more;
        more = input -> change.apply(before.apply(input));
        return this;
    }

    GateInput input() {
        return more.apply(GateInput.of(text.trusted(), stage, image, found, now)
                .withSeals(seals)
                .withBase(new BaseLineage(true, Sentence.verbatim("tests")))
                .withLedger(ledger));
    }

    Decision decide() {
        return Gate.decide(input());
    }
}
