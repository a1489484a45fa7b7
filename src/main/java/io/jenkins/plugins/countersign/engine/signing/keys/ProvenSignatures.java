package io.jenkins.plugins.countersign.engine.signing.keys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The signatures that this process has verified, the latest of them: a waiting gate looks at the same statements again and
 * again, and elliptic curves are the dear part of it. Kept is a hash over everything that was verified, and only of what was
 * right: whether a key made a signature over a message never changes. What the signature is worth is decided anew each time.
 */
final class ProvenSignatures {

    /** Some 3 MiB; {@code -Dcountersign.provenSignatures=0} remembers none. */
    static final int MAX = Integer.getInteger("countersign.provenSignatures", 20_000);

    private final Set<String> proven = Collections.synchronizedSet(Collections.newSetFromMap(new Latest()));

    private static final class Latest extends LinkedHashMap<String, Boolean> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX;
        }
    }

    /** Names one verification; no two have one name. */
    static String name(SignatureScheme scheme, PublicKey key, byte[] message, byte[] signature) {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            for (byte[] part : new byte[][] {
                scheme.name().getBytes(StandardCharsets.US_ASCII), key.getEncoded(), signature, message
            }) {
                hash.update(
                        ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
                hash.update(part);
            }
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean has(String name) {
        return proven.contains(name);
    }

    int size() {
        return proven.size();
    }

    void add(String name) {
        proven.add(name);
    }
}
