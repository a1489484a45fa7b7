package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What shows that a delivery comes from who knows the secret. Every comparison takes the same time whatever is wrong. */
public enum Proof {
    /**
     * A header holds the HMAC-SHA256 over the raw bytes, as {@code sha256=<hex>} or as hexadecimal alone.
     *
     * <p>Source: docs.github.com, "Validating webhook deliveries"; others copied it.
     */
    HMAC {
        @Override
        boolean holds(byte[] secret, String shown, byte[] body) {
            return isHex(shown.startsWith("sha256=") ? shown.substring("sha256=".length()) : shown, hmac(secret, body));
        }
    },
    /**
     * A header holds the HMAC-SHA1 over the raw bytes in hexadecimal: for Nexus, which knows no other. No weakness of SHA-1 is
     * one of HMAC-SHA1 (RFC 6194, section 3.3).
     *
     * <p>Source: help.sonatype.com, "Webhooks, Working With HMAC Payloads".
     */
    HMAC_SHA1 {
        @Override
        boolean holds(byte[] secret, String shown, byte[] body) {
            return isHex(shown, mac("HmacSHA1", secret, body));
        }
    },
    /** A header holds the secret: alone, as a bearer token, or as {@code user:password} of the Basic scheme. */
    HEADER {
        @Override
        boolean holds(byte[] secret, String shown, byte[] body) {
            byte[] given = shown.getBytes(StandardCharsets.UTF_8);
            // No short circuit: which of the three it might be is nobody's business either.
            return MessageDigest.isEqual(given, secret)
                    | MessageDigest.isEqual(given, join("Bearer ", secret))
                    | MessageDigest.isEqual(
                            given, join("Basic ", Base64.getEncoder().encode(secret)));
        }
    },
    /** The last part of the URL's path is the secret: for senders that can do nothing else. Proxies write paths into their logs. */
    PATH {
        @Override
        boolean holds(byte[] secret, String shown, byte[] body) {
            return MessageDigest.isEqual(shown.getBytes(StandardCharsets.UTF_8), secret);
        }
    },
    /** A token that Google signs, and no secret: {@link GoogleToken} judges it. */
    GOOGLE_TOKEN {
        @Override
        boolean holds(byte[] secret, String shown, byte[] body) {
            return false;
        }
    };

    /** Fewer characters are guessed. */
    public static final int MIN_SECRET_LENGTH = 16;

    /** Whether it covers the bytes of the delivery. */
    public boolean signs() {
        return this == HMAC || this == HMAC_SHA1;
    }

    abstract boolean holds(byte[] secret, String shown, byte[] body);

    /**
     * Does nothing if the delivery is genuine.
     *
     * @param secret what receiver and sender share
     * @param shownOrNull the header's value, or the path's last part; null when there is none
     * @param body the raw bytes
     * @throws DeliveryException if the secret is too short, or the delivery does not come from who knows it
     */
    public void verify(String secret, String shownOrNull, byte[] body) throws DeliveryException {
        if (secret.length() < MIN_SECRET_LENGTH) {
            throw new DeliveryException(Sentence.of("delivery.secretTooShort", MIN_SECRET_LENGTH));
        }
        if (shownOrNull == null) {
            throw new DeliveryException(Sentence.of("delivery.noProof"));
        }
        if (!holds(secret.getBytes(StandardCharsets.UTF_8), shownOrNull, body)) {
            throw new DeliveryException(Sentence.of("delivery.wrongProof"));
        }
    }

    /** The HMAC-SHA256 of the raw bytes. */
    public static byte[] hmac(byte[] secret, byte[] body) {
        return mac("HmacSHA256", secret, body);
    }

    private static byte[] mac(String algorithm, byte[] secret, byte[] body) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret, algorithm));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }

    private static boolean isHex(String shown, byte[] expected) {
        try {
            return MessageDigest.isEqual(expected, HexFormat.of().parseHex(shown));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] join(String prefix, byte[] rest) {
        byte[] start = prefix.getBytes(StandardCharsets.UTF_8);
        byte[] joined = new byte[start.length + rest.length];
        System.arraycopy(start, 0, joined, 0, start.length);
        System.arraycopy(rest, 0, joined, start.length, rest.length);
        return joined;
    }
}
