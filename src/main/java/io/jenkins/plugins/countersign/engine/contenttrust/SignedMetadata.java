package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One metadata file: what was signed, and the signatures. Nothing of it may be believed before {@link #requireSigned}. Source:
 * theupdateframework/notary, {@code tuf/data/types.go}.
 *
 * @param what for messages: {@code targets/releases of registry.example.com/team/app}
 * @param content the file
 * @param signed its member {@code signed}
 */
record SignedMetadata(
        String what, byte[] content, ObjectNode signed, JsonNode signatures, long version, Instant expires) {

    /** A delegation of a repository with ten thousand tags has 3 MB. */
    static final int MAX_BYTES = 16 << 20;

    private static final int MAX_SIGNATURES = 256;

    /** @param type what {@code _type} must say: {@code Root}, {@code Targets}, {@code Snapshot} or {@code Timestamp} */
    static SignedMetadata read(byte[] content, String type, String what) throws ContentTrustException {
        ObjectNode json;
        try {
            json = StrictJson.readObject(content, MAX_BYTES);
        } catch (IOException e) {
            throw malformed(what, e.getMessage(), e);
        }
        if (!(json.get("signed") instanceof ObjectNode signed)
                || !json.path("signatures").isArray()
                || json.path("signatures").size() > MAX_SIGNATURES) {
            throw malformed(what, "it is not a signed object with at most " + MAX_SIGNATURES + " signatures", null);
        }
        if (!signed.path("_type").asText("").equals(type)) {
            throw malformed(
                    what,
                    "it is of the type \"" + TrustKey.shown(signed.path("_type").asText("")) + "\", expected " + type,
                    null);
        }
        JsonNode version = signed.path("version");
        if (!version.canConvertToLong() || !version.isIntegralNumber() || version.longValue() < 1) {
            throw malformed(what, "it has no version of at least 1", null);
        }
        try {
            Instant expires =
                    OffsetDateTime.parse(signed.path("expires").asText("")).toInstant();
            return new SignedMetadata(what, content, signed, json.path("signatures"), version.longValue(), expires);
        } catch (DateTimeParseException e) {
            throw malformed(what, "its \"expires\" is no time", e);
        }
    }

    /** @return the names of the role's keys that signed */
    Set<String> requireSigned(TrustRole role) throws ContentTrustException {
        byte[] message = CanonicalJson.bytes(signed);
        Set<String> signers = new LinkedHashSet<>();
        // The same key in two forms, bare and in a certificate, is one signer.
        Set<Digest> counted = new LinkedHashSet<>();
        for (JsonNode signature : signatures) {
            TrustKey key = role.keys().get(signature.path("keyid").asText(""));
            if (key != null
                    && key.matches(message, decoded(signature.path("sig").asText("")))) {
                signers.add(key.id());
                counted.add(key.fingerprint());
            }
        }
        if (counted.size() < role.threshold()) {
            throw new ContentTrustException(
                    Reason.BAD_SIGNATURE,
                    what + " has " + counted.size() + " valid signatures of the role " + role.name() + ", needed are "
                            + role.threshold() + " by "
                            + List.copyOf(role.keys().keySet()));
        }
        return signers;
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException notASignature) {
            return new byte[0];
        }
    }

    void requireCurrent(Instant now) throws ContentTrustException {
        if (!now.isBefore(expires)) {
            throw new ContentTrustException(
                    Reason.EXPIRED,
                    what + " has expired at " + expires
                            + "; whoever holds its key has to sign it again, until then nobody can tell whether the server"
                            + " shows an old state");
        }
    }

    /** @throws ContentTrustException if this is not the file that {@code meta} names by length and digests */
    void requireNamed(JsonNode meta, String by) throws ContentTrustException {
        JsonNode hashes = meta.path("hashes");
        if (meta.path("length").asLong(-1) != content.length || !hashes.has("sha256")) {
            throw other(by, meta.path("length").asText("unknown") + " bytes", content.length + " bytes");
        }
        for (String algorithm : List.of("sha256", "sha512")) {
            if (hashes.has(algorithm)) {
                Digest named = digest(algorithm, hashes.path(algorithm), by);
                if (!named.matches(content)) {
                    throw other(by, named.toString(), Digest.of(content).toString());
                }
            }
        }
    }

    private ContentTrustException other(String by, String expected, String found) {
        return new ContentTrustException(
                Reason.OTHER_CONTENT, what + " is not what the " + by + " names: " + expected + ", found " + found);
    }

    static Digest digest(String algorithm, JsonNode base64, String what) throws ContentTrustException {
        try {
            return new Digest(
                    algorithm,
                    java.util.HexFormat.of().formatHex(Base64.getDecoder().decode(base64.asText(""))));
        } catch (IllegalArgumentException e) {
            throw malformed(what, "a " + algorithm + " hash in it is none", e);
        }
    }

    static ContentTrustException malformed(String what, String why, Throwable cause) {
        return new ContentTrustException(Reason.MALFORMED, what + " cannot be read: " + why, cause);
    }
}
