package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One key pair for each name, made when it is first asked for and the same ever after. */
public final class TestKeys {

    private static final Map<String, Signer> KEYS = new ConcurrentHashMap<>();

    private TestKeys() {}

    public static Signer of(String name) {
        return KEYS.computeIfAbsent(name, n -> KeyGenerator.generate(new SecureRandom()));
    }

    public static String pem(String name) {
        return PublicKeys.pem(of(name).publicKey());
    }

    /** The PEM as a JSON string, which is a YAML string too. */
    public static String quoted(String name) {
        return "\"" + pem(name).replace("\n", "\\n") + "\"";
    }
}
