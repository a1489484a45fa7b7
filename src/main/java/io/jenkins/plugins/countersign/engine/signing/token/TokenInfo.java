package io.jenkins.plugins.countersign.engine.signing.token;

import java.io.Serializable;
import java.util.List;

/**
 * A token that is plugged in, and what can be seen of it without a PIN.
 *
 * @param library the PKCS#11 library that sees it
 * @param slot its slot's number for now
 * @param pinState what its PIN counter says
 * @param keys those whose public key or certificate is on the token; a private key without either shows only after login
 */
public record TokenInfo(
        String library,
        long slot,
        String label,
        String serial,
        String manufacturer,
        String model,
        PinState pinState,
        List<Key> keys)
        implements Serializable {

    public TokenInfo {
        keys = List.copyOf(keys);
    }

    /** What the token's flags say about its PIN. */
    public enum PinState {
        READY,
        COUNT_LOW,
        LAST_TRY,
        LOCKED,
        NOT_INITIALIZED
    }

    /**
     * @param id CKA_ID in hexadecimal, possibly empty
     * @param label CKA_LABEL
     * @param publicKeyPem null when it is of a kind that is not accepted
     * @param certificatePem the certificate of this key that is on the token; null when there is none
     */
    public record Key(String id, String label, String publicKeyPem, String certificatePem) implements Serializable {

        public boolean hasCertificate() {
            return certificatePem != null;
        }
    }
}
