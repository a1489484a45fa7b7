package io.jenkins.plugins.countersign.engine.signing.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/**
 * cosign's encrypted private keys: scrypt, then NaCl's secretbox, around a PKCS#8 key.
 *
 * <p>Sources: sigstore/cosign {@code pkg/cosign/keys.go}; secure-systems-lab/go-securesystemslib {@code
 * encrypted/encrypted.go}; NaCl, "secretbox".
 */
final class CosignKey {

    static final String HEADER = "ENCRYPTED SIGSTORE PRIVATE KEY";
    static final String OLD_HEADER = "ENCRYPTED COSIGN PRIVATE KEY";

    /** What cosign writes, and what it accepts: any other cost is a memory bomb. */
    private static final int COST = 65536;

    private static final Set<Integer> ACCEPTED_COSTS = Set.of(32768, COST, 131072);
    private static final int BLOCK_SIZE = 8;
    private static final int PARALLEL = 1;
    private static final int KEY_LENGTH = 32;
    private static final int SALT_LENGTH = 32;
    private static final int NONCE_LENGTH = 24;
    private static final int TAG_LENGTH = 16;
    private static final int MAX_LENGTH = 64 * 1024;

    private CosignKey() {}

    static String encrypt(byte[] pkcs8, char[] password, SecureRandom random) throws KeyException {
        byte[] salt = new byte[SALT_LENGTH];
        byte[] nonce = new byte[NONCE_LENGTH];
        random.nextBytes(salt);
        random.nextBytes(nonce);
        byte[] box = seal(key(password, salt, COST), nonce, pkcs8);
        ObjectNode json = StrictJson.object();
        ObjectNode kdf = json.putObject("kdf");
        kdf.put("name", "scrypt");
        kdf.putObject("params").put("N", COST).put("r", BLOCK_SIZE).put("p", PARALLEL);
        kdf.put("salt", Base64.getEncoder().encodeToString(salt));
        json.putObject("cipher")
                .put("name", "nacl/secretbox")
                .put("nonce", Base64.getEncoder().encodeToString(nonce));
        json.put("ciphertext", Base64.getEncoder().encodeToString(box));
        return Pem.write(HEADER, json.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** @return the PKCS#8 key */
    static byte[] decrypt(byte[] body, char[] password) throws KeyException {
        JsonNode json;
        try {
            json = StrictJson.readObject(body, MAX_LENGTH);
        } catch (IOException e) {
            throw new KeyException(Reason.UNREADABLE, "the encrypted cosign key does not hold the JSON it should", e);
        }
        JsonNode kdf = json.path("kdf");
        JsonNode cipher = json.path("cipher");
        if (!kdf.path("name").asText().equals("scrypt")
                || !cipher.path("name").asText().equals("nacl/secretbox")) {
            throw new KeyException(
                    Reason.NOT_ACCEPTED, "the encrypted cosign key is not encrypted with scrypt and nacl/secretbox");
        }
        JsonNode parameters = kdf.path("params");
        int cost = integer(parameters, "N");
        if (!ACCEPTED_COSTS.contains(cost)
                || integer(parameters, "r") != BLOCK_SIZE
                || integer(parameters, "p") != PARALLEL) {
            throw new KeyException(
                    Reason.TOO_EXPENSIVE,
                    "the encrypted cosign key has unusual scrypt parameters (accepted: N 32768, 65536 or 131072, r 8, p 1)");
        }
        byte[] salt = base64(kdf, "salt");
        byte[] nonce = base64(cipher, "nonce");
        byte[] box = base64(json, "ciphertext");
        if (salt.length != SALT_LENGTH || nonce.length != NONCE_LENGTH || box.length < TAG_LENGTH) {
            throw new KeyException(
                    Reason.UNREADABLE, "the encrypted cosign key has a salt, nonce or text of a wrong length");
        }
        if (password == null) {
            throw new KeyException(Reason.PASSWORD_MISSING, "the key is encrypted and no password was given");
        }
        byte[] plain = open(key(password, salt, cost), nonce, box);
        if (plain == null) {
            throw new KeyException(
                    Reason.PASSWORD_WRONG, "the password does not open the key (or the key was altered)");
        }
        return plain;
    }

    private static byte[] key(char[] password, byte[] salt, int cost) {
        ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        try {
            return SCrypt.generate(bytes, salt, cost, BLOCK_SIZE, PARALLEL, KEY_LENGTH);
        } finally {
            Arrays.fill(bytes, (byte) 0);
            Arrays.fill(encoded.array(), (byte) 0);
        }
    }

    /** secretbox: the first 32 bytes of the key stream are the Poly1305 key, the rest encrypts; the tag stands first. */
    private static byte[] seal(byte[] key, byte[] nonce, byte[] plain) {
        XSalsa20Engine stream = stream(key, nonce);
        byte[] macKey = macKey(stream);
        byte[] box = new byte[TAG_LENGTH + plain.length];
        stream.processBytes(plain, 0, plain.length, box, TAG_LENGTH);
        System.arraycopy(tag(macKey, box), 0, box, 0, TAG_LENGTH);
        return box;
    }

    /** Null when the tag does not match. */
    private static byte[] open(byte[] key, byte[] nonce, byte[] box) {
        XSalsa20Engine stream = stream(key, nonce);
        byte[] macKey = macKey(stream);
        if (!MessageDigest.isEqual(tag(macKey, box), Arrays.copyOf(box, TAG_LENGTH))) {
            return null;
        }
        byte[] plain = new byte[box.length - TAG_LENGTH];
        stream.processBytes(box, TAG_LENGTH, plain.length, plain, 0);
        return plain;
    }

    private static XSalsa20Engine stream(byte[] key, byte[] nonce) {
        XSalsa20Engine engine = new XSalsa20Engine();
        engine.init(true, new ParametersWithIV(new KeyParameter(key), nonce));
        return engine;
    }

    private static byte[] macKey(XSalsa20Engine stream) {
        byte[] macKey = new byte[KEY_LENGTH];
        stream.processBytes(macKey, 0, macKey.length, macKey, 0);
        return macKey;
    }

    private static byte[] tag(byte[] macKey, byte[] box) {
        Poly1305 mac = new Poly1305();
        mac.init(new KeyParameter(macKey));
        mac.update(box, TAG_LENGTH, box.length - TAG_LENGTH);
        byte[] tag = new byte[TAG_LENGTH];
        mac.doFinal(tag, 0);
        return tag;
    }

    private static int integer(JsonNode parent, String field) {
        JsonNode value = parent.path(field);
        return value.canConvertToInt() && value.isIntegralNumber() ? value.intValue() : -1;
    }

    private static byte[] base64(JsonNode parent, String field) throws KeyException {
        try {
            return Base64.getDecoder().decode(parent.path(field).asText());
        } catch (IllegalArgumentException e) {
            throw new KeyException(Reason.UNREADABLE, "\"" + field + "\" of the encrypted cosign key is not base64", e);
        }
    }
}
