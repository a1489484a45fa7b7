package io.jenkins.plugins.countersign.engine.signing.keys;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.util.List;

/** Makes keys: ECDSA on P-256, which every verifier and every token can do (formats.md A2, B2). */
public final class KeyGenerator {

    private KeyGenerator() {}

    public static SigningKey generate(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair pair = generator.generateKeyPair();
            return new SigningKey(pair.getPrivate(), pair.getPublic(), List.of());
        } catch (GeneralSecurityException | KeyException e) {
            throw new IllegalStateException("every Java platform can make a P-256 key", e);
        }
    }
}
