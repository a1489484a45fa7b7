package io.jenkins.plugins.countersign.engine.promotion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.audit.KnownPromotion;
import io.jenkins.plugins.countersign.engine.audit.KnownStatement;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerHead;
import io.jenkins.plugins.countersign.engine.audit.LedgerView;
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
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What controllers say in a repository about their ledgers: the signed head of each, and the rejections, withdrawals and
 * blocks that it knows there. So another controller, or whoever keeps no ledger, notices a record that one of them knows and
 * that is gone; and an auditor notices a ledger that was cut or rewritten.
 *
 * <p>One tag for each ledger, and a payload type of our own: no verifier takes it for a signature.
 *
 * @param heads what each controller said last
 */
public record LedgerHeads(List<Published> heads) {

    public static final String PAYLOAD_TYPE = "application/vnd.jenkins.countersign.ledger-head.v1+json";
    public static final String TYPE = "https://plugins.jenkins.io/countersign/ledger-head/v1";
    public static final String TAG_PREFIX = "countersign-ledger-";

    private static final Set<String> NEGATIVE = Set.of("rejection", "block", "withdrawal");
    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final int MAX_KNOWN = 5_000;
    private static final int MAX_CONTROLLERS = 200;

    public LedgerHeads {
        heads = List.copyOf(heads);
    }

    /**
     * One controller's word.
     *
     * @param repository in which it was said
     * @param head of its ledger; {@code LedgerFile.verify} compares a ledger with it
     * @param negatives what its ledger knows there that can hold a gate; the newest when there are very many
     */
    public record Published(String repository, LedgerHead head, List<KnownStatement> negatives) {
        public Published {
            negatives = List.copyOf(negatives);
        }
    }

    /** Signs the ledger's head as it is now and puts it into the repository. */
    public static void publish(Repository repository, Ledger ledger, Signer gate)
            throws RegistryException, KeyException {
        LedgerHead head = ledger.head();
        ObjectNode json = StrictJson.object();
        json.put("type", TYPE);
        json.put("repository", repository.name());
        json.put("ledger", head.ledger());
        json.put("sequence", head.sequence());
        json.put("hash", head.hash());
        json.put("time", head.time().toString());
        ArrayNode known = json.putArray("known");
        for (KnownStatement statement : negatives(ledger, repository.name())) {
            known.addObject()
                    .put("image", statement.image().toString())
                    .put("stage", statement.stage())
                    .put("kind", statement.kind())
                    .put("person", statement.person())
                    .put("role", statement.role())
                    .put("statement", statement.statement().toString())
                    .put("firstSeen", statement.firstSeen().toString());
        }
        byte[] content =
                DsseEnvelope.sign(PAYLOAD_TYPE, StrictJson.write(json), gate).toBytes();
        TaggedArtifact.write(repository, TAG_PREFIX + head.ledger(), PAYLOAD_TYPE, content);
    }

    private static List<KnownStatement> negatives(Ledger ledger, String repository) {
        List<KnownStatement> all = ledger.about(repository).stream()
                .filter(known -> NEGATIVE.contains(known.kind()))
                .toList();
        return all.subList(Math.max(0, all.size() - MAX_KNOWN), all.size());
    }

    /** Whether this ledger knows something that can hold a gate and has not said so in the repository yet. */
    boolean lacks(Ledger ledger, String repository) {
        Optional<Published> said = heads.stream()
                .filter(published ->
                        published.head().ledger().equals(ledger.head().ledger()))
                .findFirst();
        List<KnownStatement> known = negatives(ledger, repository);
        return said.isEmpty() ? !known.isEmpty() : !said.get().negatives().equals(known);
    }

    /**
     * Reads what every controller said; what no gate key signed is not believed.
     *
     * @throws RegistryException if there is no clear answer
     */
    public static LedgerHeads read(Repository repository, TrustPolicy policy) throws RegistryException {
        List<Published> heads = new ArrayList<>();
        List<String> tags = repository.tags().stream()
                .filter(tag -> tag.startsWith(TAG_PREFIX))
                .toList();
        if (tags.size() > MAX_CONTROLLERS) {
            throw new RegistryException(repository.name() + " has " + tags.size() + " ledger heads, at most "
                    + MAX_CONTROLLERS + " are read; remove those of controllers that are gone");
        }
        for (String tag : tags) {
            Optional<byte[]> content = TaggedArtifact.read(repository, tag, MAX_BYTES);
            if (content.isPresent()) {
                believed(content.get(), policy, repository.name())
                        .filter(published ->
                                tag.equals(TAG_PREFIX + published.head().ledger()))
                        .ifPresent(heads::add);
            }
        }
        return new LedgerHeads(heads);
    }

    private static Optional<Published> believed(byte[] content, TrustPolicy policy, String repository) {
        try {
            DsseEnvelope envelope = DsseEnvelope.read(content);
            envelope.verify(policy.gateKeys().stream()
                    .filter(key -> key.compromisedSince().isEmpty())
                    .map(PolicyKey::key)
                    .toList());
            if (!envelope.payloadType().equals(PAYLOAD_TYPE)) {
                return Optional.empty();
            }
            ObjectNode json = StrictJson.readObject(envelope.payload(), MAX_BYTES);
            if (!json.path("type").asText().equals(TYPE)
                    || !json.path("repository").asText().equals(repository)) {
                return Optional.empty();
            }
            List<KnownStatement> known = new ArrayList<>();
            for (JsonNode entry : json.path("known")) {
                known.add(new KnownStatement(
                        Digest.parse(entry.path("image").asText()),
                        repository,
                        entry.path("stage").asText(),
                        entry.path("kind").asText(),
                        entry.path("person").asText(),
                        entry.path("role").asText(),
                        Digest.parse(entry.path("statement").asText()),
                        Instant.parse(entry.path("firstSeen").asText())));
            }
            return Optional.of(new Published(
                    repository,
                    new LedgerHead(
                            json.path("ledger").asText(),
                            json.path("sequence").asLong(),
                            json.path("hash").asText(),
                            Instant.parse(json.path("time").asText())),
                    known));
        } catch (VerificationException | IOException | DateTimeParseException | IllegalArgumentException notAHead) {
            return Optional.empty();
        }
    }

    /** The own ledger, and what the others know that can hold a gate. Their times and promotions are not taken over. */
    LedgerView with(LedgerView own) {
        if (heads.stream().allMatch(published -> published.negatives().isEmpty())) {
            return own;
        }
        return new LedgerView() {
            @Override
            public List<KnownStatement> known(Digest image) {
                List<KnownStatement> all = new ArrayList<>(own.known(image));
                for (Published published : heads) {
                    for (KnownStatement statement : published.negatives()) {
                        if (statement.image().equals(image)
                                && all.stream().noneMatch(k -> k.statement().equals(statement.statement()))) {
                            all.add(statement);
                        }
                    }
                }
                return all;
            }

            @Override
            public Optional<Instant> firstSeen(Digest statement) {
                return own.firstSeen(statement);
            }

            @Override
            public List<KnownPromotion> promotions(String repository, String stage) {
                return own.promotions(repository, stage);
            }

            @Override
            public OptionalLong highestPolicyVersion(String policy) {
                return own.highestPolicyVersion(policy);
            }

            @Override
            public Optional<Digest> policyDigest(String policy, long version) {
                return own.policyDigest(policy, version);
            }

            @Override
            public Instant latestTime() {
                return own.latestTime();
            }
        };
    }
}
