package io.jenkins.plugins.countersign.engine.signing.token;

import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import org.junit.Test;

/** The padding alone, with a bare RSA operation as tokens have it, and the JDK as the judge. */
public class PssEncodingTest {

    @Test
    public void theJdkVerifiesWhatIsPaddedHere() throws Exception {
        byte[] message = "what people approve".getBytes(StandardCharsets.UTF_8);
        for (int bits : new int[] {2048, 2049, 2056, 3072}) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            KeyPair pair = generator.generateKeyPair();
            RSAPublicKey key = (RSAPublicKey) pair.getPublic();
            RSAPrivateKey secret = (RSAPrivateKey) pair.getPrivate();
            for (SignatureScheme scheme : List.of(
                    SignatureScheme.RSA_PSS_SHA256, SignatureScheme.RSA_PSS_SHA384, SignatureScheme.RSA_PSS_SHA512)) {
                byte[] digest = MessageDigest.getInstance(scheme.hash()).digest(message);
                BigInteger encoded = new BigInteger(1, PssEncoding.encode(digest, scheme.hash(), key));
                byte[] power = encoded.modPow(secret.getPrivateExponent(), key.getModulus())
                        .toByteArray();
                byte[] signature = new byte[(bits + 7) / 8];
                int length = Math.min(power.length, signature.length);
                System.arraycopy(power, power.length - length, signature, signature.length - length, length);
                assertTrue(bits + " bits, " + scheme, scheme.matches(key, message, signature));
            }
        }
    }
}
