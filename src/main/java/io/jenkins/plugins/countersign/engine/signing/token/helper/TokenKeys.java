package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** What keys are on a token. A public half comes from the public key object, and from a certificate where there is none. */
final class TokenKeys {

    private static final HexFormat HEX = HexFormat.of();
    /** id-ecPublicKey, DER. */
    private static final byte[] EC_PUBLIC_KEY = HEX.parseHex("06072a8648ce3d0201");

    private final Cryptoki cryptoki;
    private final long session;

    TokenKeys(Cryptoki cryptoki, long session) {
        this.cryptoki = cryptoki;
        this.session = session;
    }

    /**
     * @param handle of the private key; -1 when it is not visible before login
     * @param id CKA_ID in hexadecimal
     * @param label CKA_LABEL
     * @param kind EC or RSA; empty when unknown
     * @param publicKey DER SubjectPublicKeyInfo; null when the token does not have it
     * @param certificate DER; null when there is none
     * @param alwaysAuthenticate whether the PIN has to be sent before each signature
     */
    record Key(
            long handle,
            String id,
            String label,
            String kind,
            byte[] publicKey,
            byte[] certificate,
            boolean alwaysAuthenticate) {}

    /** Private keys after login; before it, what public keys and certificates tell. */
    List<Key> list(boolean loggedIn) throws CryptokiException, HelperException {
        List<Half> publicHalves = new ArrayList<>();
        for (long handle : cryptoki.find(session, Cryptoki.PUBLIC_KEY)) {
            publicHalves.add(new Half(id(handle), label(handle), publicKey(handle), null));
        }
        List<Half> certificates = new ArrayList<>();
        for (long handle : cryptoki.find(session, Cryptoki.CERTIFICATE)) {
            byte[] der = cryptoki.bytes(session, handle, Cryptoki.VALUE);
            certificates.add(new Half(id(handle), label(handle), keyOf(der), der));
        }
        List<Key> keys = new ArrayList<>();
        for (long handle : cryptoki.find(session, Cryptoki.PRIVATE_KEY)) {
            keys.add(privateKey(handle, publicHalves, certificates));
        }
        if (keys.isEmpty() && !loggedIn) {
            for (Half half : publicHalves) {
                keys.add(new Key(-1, half.id, half.label, "", half.key, certificate(half.id, certificates), false));
            }
            for (Half half : certificates) {
                if (keys.stream().noneMatch(key -> key.id().equals(half.id))) {
                    keys.add(new Key(-1, half.id, half.label, "", half.key, half.certificate, false));
                }
            }
        }
        return keys;
    }

    private record Half(String id, String label, byte[] key, byte[] certificate) {}

    private Key privateKey(long handle, List<Half> publicHalves, List<Half> certificates)
            throws CryptokiException, HelperException {
        String id = id(handle);
        String label = label(handle);
        long type = cryptoki.number(session, handle, Cryptoki.KEY_TYPE, -1);
        byte[] certificate = certificate(id, certificates);
        byte[] key = null;
        for (Half half : publicHalves) {
            if (half.id.equals(id) && (!id.isEmpty() || half.label.equals(label))) {
                key = half.key;
            }
        }
        if (key == null && type == Cryptoki.RSA) {
            key = publicKey(handle);
        }
        if (key == null && certificate != null) {
            key = keyOf(certificate);
        }
        if (key != null && certificate != null && !Arrays.equals(key, keyOf(certificate))) {
            // A wrong certificate beside a key is a mistake of whoever filled the token; the key itself is still good.
            certificate = null;
        }
        return new Key(
                handle,
                id,
                label,
                type == Cryptoki.EC ? "EC" : type == Cryptoki.RSA ? "RSA" : "",
                key,
                certificate,
                cryptoki.number(session, handle, Cryptoki.ALWAYS_AUTHENTICATE, 0) == 1);
    }

    private static byte[] certificate(String id, List<Half> certificates) {
        return certificates.stream()
                .filter(half -> !id.isEmpty() && half.id.equals(id))
                .map(half -> half.certificate)
                .findFirst()
                .orElse(null);
    }

    private String id(long handle) throws CryptokiException {
        byte[] id = cryptoki.bytes(session, handle, Cryptoki.ID);
        return id == null ? "" : HEX.formatHex(id);
    }

    private String label(long handle) throws CryptokiException {
        byte[] label = cryptoki.bytes(session, handle, Cryptoki.LABEL);
        return label == null ? "" : new String(label, StandardCharsets.UTF_8);
    }

    /** Null when the object does not show enough. */
    private byte[] publicKey(long handle) throws CryptokiException, HelperException {
        long type = cryptoki.number(session, handle, Cryptoki.KEY_TYPE, -1);
        if (type == Cryptoki.RSA) {
            byte[] modulus = cryptoki.bytes(session, handle, Cryptoki.MODULUS);
            byte[] exponent = cryptoki.bytes(session, handle, Cryptoki.PUBLIC_EXPONENT);
            return modulus == null || exponent == null || modulus.length == 0 || exponent.length == 0
                    ? null
                    : rsa(new BigInteger(1, modulus), new BigInteger(1, exponent));
        }
        if (type == Cryptoki.EC) {
            byte[] parameters = cryptoki.bytes(session, handle, Cryptoki.EC_PARAMS);
            byte[] point = cryptoki.bytes(session, handle, Cryptoki.EC_POINT);
            return parameters == null || point == null ? null : ec(parameters, bare(point));
        }
        return null;
    }

    private static byte[] rsa(BigInteger modulus, BigInteger exponent) throws HelperException {
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new java.security.spec.RSAPublicKeySpec(modulus, exponent))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    /** CKA_EC_POINT is a DER OCTET STRING around the point; some tokens leave the wrapping out. */
    private static byte[] bare(byte[] point) {
        if (point.length > 2 && point[0] == 0x04) {
            int length = point[1] & 0xFF;
            int start = 2;
            if (length == 0x81 && point.length > 3) {
                length = point[2] & 0xFF;
                start = 3;
            }
            if (length == point.length - start) {
                return Arrays.copyOfRange(point, start, point.length);
            }
        }
        return point;
    }

    private static byte[] ec(byte[] parameters, byte[] point) {
        byte[] algorithm = der(0x30, concat(EC_PUBLIC_KEY, parameters));
        byte[] bits = der(0x03, concat(new byte[1], point));
        return der(0x30, concat(algorithm, bits));
    }

    static byte[] der(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static byte[] keyOf(byte[] certificate) {
        try {
            return certificate == null
                    ? null
                    : CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(certificate))
                            .getPublicKey()
                            .getEncoded();
        } catch (GeneralSecurityException e) {
            return null;
        }
    }
}
