package io.jenkins.plugins.countersign.engine.promotion;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.approval.KeyTimes;
import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * The short-lived word of the gate's key that a stage's tag still means this image: what The Update Framework's timestamp
 * does. A registry that shows an old image cannot show a young head for it.
 *
 * <p>It lies behind a tag of its own, one for each stage and tag, and not next to the image: it is signed again and again, and
 * readers of signatures count what lies next to an image. Its payload type is ours, so no verifier takes it for a signature.
 *
 * @param repository whose tag it is
 * @param stage which stage's gate opened
 * @param tag the tag that was moved
 * @param image what it means
 * @param policy the trust policy of the gate
 * @param issuedAt when it was signed
 * @param expiresAt from when on it says nothing
 */
public record StageHead(
        String repository,
        String stage,
        String tag,
        Digest image,
        PolicyReference policy,
        Instant issuedAt,
        Instant expiresAt) {

    public static final String PAYLOAD_TYPE = "application/vnd.jenkins.countersign.stage-head.v1+json";
    public static final String TYPE = "https://plugins.jenkins.io/countersign/stage-head/v1";

    /** How long a head is good for a stage whose policy says no freshness. */
    public static final Duration LIFETIME = Duration.ofDays(1);

    private static final int MAX_BYTES = 64 * 1024;

    /** The tag behind which the head of a stage and a tag lies. */
    public static String location(String stage, String tag) {
        return "countersign-head-" + stage + "-"
                + Digest.of(tag.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 16);
    }

    byte[] payload() {
        ObjectNode json = StrictJson.object();
        json.put("type", TYPE);
        json.put("repository", repository);
        json.put("stage", stage);
        json.put("tag", tag);
        json.put("image", image.toString());
        json.putObject("policy")
                .put("name", policy.name())
                .put("version", policy.version())
                .put("digest", policy.digest().toString());
        json.put("issuedAt", issuedAt.toString());
        json.put("expiresAt", expiresAt.toString());
        return StrictJson.write(json);
    }

    /** Signs it now and puts it in its place. Whoever calls has just seen that the tag means the image. */
    static StageHead write(
            Repository repository, String stage, String tag, Digest image, TrustPolicy policy, Signer gate, Instant now)
            throws RegistryException, KeyException {
        Instant issuedAt = now.truncatedTo(ChronoUnit.MILLIS);
        StageHead head = new StageHead(
                repository.name(),
                stage,
                tag,
                image,
                PolicyReference.to(policy),
                issuedAt,
                issuedAt.plus(policy.stage(stage).flatMap(s -> s.freshness()).orElse(LIFETIME)));
        byte[] content = DsseEnvelope.sign(PAYLOAD_TYPE, head.payload(), gate).toBytes();
        TaggedArtifact.write(repository, location(stage, tag), PAYLOAD_TYPE, content);
        return head;
    }

    /**
     * Reads the head; empty when there is none that is believed: unsigned, expired, for another stage, tag or repository.
     *
     * @throws RegistryException if there is no clear answer
     */
    static Optional<StageHead> read(Repository repository, String stage, String tag, TrustPolicy policy, Instant now)
            throws RegistryException {
        Optional<byte[]> content = TaggedArtifact.read(repository, location(stage, tag), MAX_BYTES);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            DsseEnvelope envelope = DsseEnvelope.read(content.get());
            List<PublicKey> keys =
                    policy.gateKeys().stream().map(PolicyKey::key).toList();
            PublicKey key = envelope.verify(keys);
            if (!envelope.payloadType().equals(PAYLOAD_TYPE)) {
                return Optional.empty();
            }
            StageHead head = parse(envelope.payload());
            PolicyKey gate = policy.gateKeys().stream()
                    .filter(k -> k.key().equals(key))
                    .findFirst()
                    .orElseThrow();
            boolean believed = head.repository().equals(repository.name())
                    && head.stage().equals(stage)
                    && head.tag().equals(tag)
                    && head.policy().name().equals(policy.name())
                    && now.isBefore(head.expiresAt())
                    && KeyTimes.check(gate, head.issuedAt(), Optional.empty(), now)
                            .isEmpty();
            return believed ? Optional.of(head) : Optional.empty();
        } catch (VerificationException | IOException | DateTimeParseException | IllegalArgumentException notAHead) {
            return Optional.empty();
        }
    }

    private static StageHead parse(byte[] payload) throws IOException {
        ObjectNode json = StrictJson.readObject(payload, MAX_BYTES);
        if (!json.path("type").asText().equals(TYPE)) {
            throw new IOException("not a stage head");
        }
        return new StageHead(
                json.path("repository").asText(),
                json.path("stage").asText(),
                json.path("tag").asText(),
                Digest.parse(json.path("image").asText()),
                new PolicyReference(
                        json.path("policy").path("name").asText(),
                        json.path("policy").path("version").asLong(),
                        Digest.parse(json.path("policy").path("digest").asText())),
                Instant.parse(json.path("issuedAt").asText()),
                Instant.parse(json.path("expiresAt").asText()));
    }
}
