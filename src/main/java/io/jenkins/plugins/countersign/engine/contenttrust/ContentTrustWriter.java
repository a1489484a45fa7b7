package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.contenttrust.TrustKey.SignatureOf;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Signs tags as {@code docker trust sign} does: into every delegation that lists the signer's key, or into {@code targets} with
 * the repository's own key. Repositories, root keys and delegations are made with Notary's or docker's client.
 *
 * <p>Source: docker/cli, {@code cli/command/trust/sign.go}; theupdateframework/notary, {@code const.go} for the time of validity.
 */
public final class ContentTrustWriter {

    private static final Duration VALID = Duration.ofDays(3 * 365);
    private static final int ATTEMPTS = 10;

    private final TrustMetadata server;
    private final ContentTrustReader reader;
    private final Clock clock;

    public ContentTrustWriter(TrustMetadata server, PinnedRoot pinned, SeenMetadata seen, Clock clock) {
        this.server = server;
        this.reader = new ContentTrustReader(server, pinned, seen, clock);
        this.clock = clock;
    }

    /**
     * Others may publish at the same time: their signatures stay, and ours is put on top of them.
     *
     * @return as it is read back, once for each role that was signed in
     * @throws ContentTrustException if what is there cannot be believed, or the key is in no role that may sign the tag
     */
    public List<SignedTag> sign(String tag, Manifest image, Signer signer)
            throws ContentTrustException, RegistryException, KeyException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Map<TrustRole, Optional<SignedMetadata>> roles = roles(reader.walk().targets(), tag, signer);
            Map<String, byte[]> files = new LinkedHashMap<>();
            for (Map.Entry<TrustRole, Optional<SignedMetadata>> role : roles.entrySet()) {
                files.put(role.getKey().name(), signed(role.getKey(), with(tag, image, role.getValue()), signer));
            }
            if (server.publish(files)) {
                return readBack(tag, image.digest(), files.keySet().stream().toList());
            }
        }
        throw new RegistryException("others published trust metadata of " + server.gun() + " " + ATTEMPTS
                + " times meanwhile; nothing was signed");
    }

    private Map<TrustRole, Optional<SignedMetadata>> roles(
            Map<TrustRole, Optional<SignedMetadata>> all, String tag, Signer signer) throws ContentTrustException {
        Digest key = PublicKeys.fingerprint(signer.publicKey());
        Map<TrustRole, Optional<SignedMetadata>> own = new LinkedHashMap<>(all);
        own.keySet().removeIf(role -> role.keyOf(key).isEmpty());
        if (own.size() > 1) {
            own.keySet().removeIf(role -> role.name().equals(TrustRole.TARGETS));
        }
        own.keySet().removeIf(role -> !role.maySign(tag));
        if (own.isEmpty()) {
            throw new ContentTrustException(
                    Reason.NOT_SIGNED,
                    "the key " + key + " may not sign the tag " + tag + " of " + server.gun()
                            + ": it is in none of the roles "
                            + all.keySet().stream().map(TrustRole::name).toList()
                            + " with a path that fits. Whoever holds the repository's key adds it: docker trust signer add,"
                            + " or notary delegation add");
        }
        for (TrustRole role : own.keySet()) {
            if (role.threshold() > 1) {
                throw new ContentTrustException(
                        Reason.BAD_SIGNATURE,
                        "the role " + role.name() + " needs " + role.threshold()
                                + " signatures at once; Notary's clients make one");
            }
        }
        return own;
    }

    private ObjectNode with(String tag, Manifest image, Optional<SignedMetadata> before) {
        ObjectNode targets;
        if (before.isPresent()) {
            targets = before.get().signed().deepCopy();
        } else {
            targets = StrictJson.object().put("_type", "Targets");
            ObjectNode delegations = targets.putObject("delegations");
            delegations.putObject("keys");
            delegations.putArray("roles");
        }
        targets.put("version", before.map(SignedMetadata::version).orElse(0L) + 1);
        Instant expires = clock.instant().plus(VALID).truncatedTo(ChronoUnit.SECONDS);
        targets.put("expires", expires.toString());
        ObjectNode all = targets.get("targets") instanceof ObjectNode some ? some : targets.putObject("targets");
        ObjectNode target = all.putObject(tag).put("length", image.content().length);
        byte[] sha256 = Digest.sha256().digest(image.content());
        target.putObject("hashes").put("sha256", Base64.getEncoder().encodeToString(sha256));
        return targets;
    }

    private static byte[] signed(TrustRole role, ObjectNode targets, Signer signer)
            throws ContentTrustException, KeyException {
        TrustKey key = role.keyOf(PublicKeys.fingerprint(signer.publicKey())).orElseThrow();
        byte[] message = CanonicalJson.bytes(targets);
        SignatureOf signature = TrustKey.sign(signer, message);
        if (!key.matches(message, signature.bytes())) {
            throw new KeyException(
                    KeyException.Reason.FAILED, "the key's signature does not verify with its public key");
        }
        ObjectNode one = StrictJson.object()
                .put("keyid", key.id())
                .put("method", signature.method())
                .put("sig", Base64.getEncoder().encodeToString(signature.bytes()));
        // To the byte as Go would write it: the server takes the snapshot's digest of what it has read and written
        // again.
        return ("{\"signed\":" + new String(message, StandardCharsets.UTF_8) + ",\"signatures\":[" + one + "]}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private List<SignedTag> readBack(String tag, Digest digest, List<String> roles)
            throws ContentTrustException, RegistryException {
        List<SignedTag> found = new ArrayList<>(reader.read().named(tag));
        found.removeIf(signed -> !roles.contains(signed.role()));
        if (found.size() != roles.size()
                || found.stream().anyMatch(signed -> !signed.digest().equals(digest))) {
            throw new ContentTrustException(
                    Reason.OTHER_CONTENT,
                    "the tag " + tag + " of " + server.gun() + " was signed in " + roles + " for " + digest
                            + ", and the server shows " + found + ": somebody signed it for another image meanwhile");
        }
        return found;
    }
}
