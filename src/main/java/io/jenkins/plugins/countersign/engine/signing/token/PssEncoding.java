package io.jenkins.plugins.countersign.engine.signing.token;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.interfaces.RSAPublicKey;

/**
 * RFC 8017, section 9.1.1: what a token's bare RSA operation makes an RSASSA-PSS signature of. Encoded here, because tokens
 * differ in which hashes they take for CKM_RSA_PKCS_PSS, and all of them have CKM_RSA_X_509.
 */
final class PssEncoding {

    private static final SecureRandom RANDOM = new SecureRandom();

    private PssEncoding() {}

    /** @return as long as the modulus; the salt is as long as the digest */
    static byte[] encode(byte[] digest, String hash, RSAPublicKey key) {
        int bits = key.getModulus().bitLength();
        int length = (bits - 1 + 7) / 8;
        int size = digest.length;
        MessageDigest sha = newDigest(hash);
        byte[] salt = new byte[size];
        RANDOM.nextBytes(salt);
        sha.update(new byte[8]);
        sha.update(digest);
        byte[] h = sha.digest(salt);
        byte[] block = new byte[length - size - 1];
        block[block.length - size - 1] = 1;
        System.arraycopy(salt, 0, block, block.length - size, size);
        byte[] mask = mask(h, block.length, sha);
        for (int i = 0; i < block.length; i++) {
            block[i] ^= mask[i];
        }
        block[0] &= (byte) (0xFF >>> (8 * length - (bits - 1)));
        byte[] encoded = new byte[(bits + 7) / 8];
        int start = encoded.length - length;
        System.arraycopy(block, 0, encoded, start, block.length);
        System.arraycopy(h, 0, encoded, start + block.length, size);
        encoded[encoded.length - 1] = (byte) 0xBC;
        return encoded;
    }

    /** MGF1, RFC 8017, appendix B.2.1. */
    private static byte[] mask(byte[] seed, int length, MessageDigest sha) {
        byte[] mask = new byte[length];
        for (int counter = 0, at = 0; at < length; counter++) {
            sha.update(seed);
            byte[] part = sha.digest(
                    new byte[] {(byte) (counter >>> 24), (byte) (counter >>> 16), (byte) (counter >>> 8), (byte) counter
                    });
            int n = Math.min(part.length, length - at);
            System.arraycopy(part, 0, mask, at, n);
            at += n;
        }
        return mask;
    }

    private static MessageDigest newDigest(String hash) {
        try {
            return MessageDigest.getInstance(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
