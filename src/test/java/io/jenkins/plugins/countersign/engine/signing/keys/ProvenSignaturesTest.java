package io.jenkins.plugins.countersign.engine.signing.keys;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import org.junit.Test;

/** What was proved once proves nothing else. */
public class ProvenSignaturesTest {

    private static final byte[] MESSAGE = {1, 2, 3, 4};

    private static KeyPair pair(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    @Test
    public void aRememberedSignatureIsOfItsMessageKeyAndSchemeAlone() throws Exception {
        KeyPair key = pair(384);
        KeyPair other = pair(384);
        byte[] signature = SignatureScheme.ECDSA_SHA256.sign(key.getPrivate(), MESSAGE);
        for (int i = 0; i < 2; i++) {
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(key.getPublic(), MESSAGE, signature));
            assertFalse(SignatureScheme.ECDSA_SHA384.matches(key.getPublic(), MESSAGE, signature));
            assertFalse(SignatureScheme.ECDSA_SHA256.matches(other.getPublic(), MESSAGE, signature));
            byte[] altered = MESSAGE.clone();
            altered[3]++;
            assertFalse(SignatureScheme.ECDSA_SHA256.matches(key.getPublic(), altered, signature));
            byte[] others = SignatureScheme.ECDSA_SHA256.sign(other.getPrivate(), MESSAGE);
            assertFalse(SignatureScheme.ECDSA_SHA256.matches(key.getPublic(), MESSAGE, others));
        }
    }

    @Test
    public void bytesThatMoveFromTheSignatureToTheMessageGiveAnotherName() throws Exception {
        KeyPair key = pair(256);
        byte[] all = {1, 2, 3, 4, 5, 6};
        String first = ProvenSignatures.name(
                SignatureScheme.ECDSA_SHA256, key.getPublic(), Arrays.copyOfRange(all, 3, 6), Arrays.copyOf(all, 3));
        String second = ProvenSignatures.name(
                SignatureScheme.ECDSA_SHA256, key.getPublic(), Arrays.copyOfRange(all, 4, 6), Arrays.copyOf(all, 4));
        assertNotEquals(first, second);
    }

    @Test
    public void theOldestIsForgottenFirst() {
        ProvenSignatures proven = new ProvenSignatures();
        for (int i = 0; i <= ProvenSignatures.MAX; i++) {
            proven.add("s" + i);
        }
        assertFalse(proven.has("s0"));
        assertTrue(proven.has("s1"));
        assertEquals(ProvenSignatures.MAX, proven.size());
    }
}
