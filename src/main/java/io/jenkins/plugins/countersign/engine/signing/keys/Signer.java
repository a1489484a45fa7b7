package io.jenkins.plugins.countersign.engine.signing.keys;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * Signs with one private key, wherever it lives: in memory, or in a token that never gives it away.
 *
 * <p>The scheme follows from the key alone: see {@link SignatureScheme#ofSigner}.
 */
public interface Signer extends AutoCloseable {

    /** The key that the signatures verify with. */
    PublicKey publicKey();

    /** The certificates that belong to the key, the key's own first; empty when there are none. */
    default List<X509Certificate> certificates() {
        return List.of();
    }

    /**
     * Signs the message (not its digest) with {@link SignatureScheme#ofSigner}.
     *
     * @throws KeyException if the key cannot be used; the reason tells a wrong PIN from a removed token
     */
    default byte[] sign(byte[] message) throws KeyException {
        return sign(message, SignatureScheme.ofSigner(publicKey()));
    }

    /**
     * Signs with a scheme that the format asks for, for instance notation's RSASSA-PSS.
     *
     * @throws KeyException if the scheme does not fit the key, or the key cannot be used
     */
    byte[] sign(byte[] message, SignatureScheme scheme) throws KeyException;

    /**
     * Signs each of the messages, in their order: all of them, or none. A signer whose key is far away does it in one
     * journey.
     */
    default List<byte[]> signAll(List<byte[]> messages) throws KeyException {
        List<byte[]> signatures = new ArrayList<>();
        for (byte[] message : messages) {
            signatures.add(sign(message));
        }
        return signatures;
    }

    @Override
    default void close() {}
}
