package io.jenkins.plugins.countersign.engine.signing.keys;

import java.io.Serializable;
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

    /**
     * The certificates that belong to the key, the key's own first; empty when there are none.
     *
     * @throws KeyException if they lie where they cannot be read now
     */
    default List<X509Certificate> certificates() throws KeyException {
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

    /** One message of a batch, and the scheme that its format asks for. */
    record Message(byte[] content, SignatureScheme scheme) implements Serializable {}

    /**
     * Signs each of the messages, in their order: all of them, or none. A signer whose key is far away does it in one
     * journey.
     */
    default List<byte[]> signAll(List<Message> messages) throws KeyException {
        List<byte[]> signatures = new ArrayList<>();
        for (Message message : messages) {
            signatures.add(sign(message.content(), message.scheme()));
        }
        return signatures;
    }

    @Override
    default void close() {}
}
