package io.jenkins.plugins.countersign.engine.signing.token;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.util.List;
import org.junit.Test;

/** cosign's {@code pkcs11:} URI, with everything that does not belong there. */
public class TokenRequestTest {

    @Test
    public void cosignsUriIsRead() throws Exception {
        assertEquals(
                new TokenRequest("/usr/lib/libykcs11.so", "My Token", null, 3L, "01af", "SIGN key"),
                TokenRequest.parse(
                        "pkcs11:token=My%20Token;slot-id=3;id=%01%AF;object=SIGN%20key?module-path=/usr/lib/libykcs11.so"));
        assertEquals(
                new TokenRequest(null, null, "4711", null, null, "ключ"),
                TokenRequest.parse("pkcs11:serial=4711;object=%d0%ba%d0%bb%d1%8e%d1%87;type=private"));
        assertEquals("6161", TokenRequest.parse("pkcs11:token=a;id=aa").keyId());
    }

    @Test
    public void whatDoesNotBelongIsRefused() {
        for (List<String> bad : List.of(
                List.of("", "expected pkcs11:"),
                List.of("PKCS11:token=a;object=b", "expected pkcs11:"),
                List.of("file:/x", "expected pkcs11:"),
                List.of("pkcs11:", "name=value"),
                List.of("pkcs11:token=a", "names no key"),
                List.of("pkcs11:object=a", "names no token"),
                List.of("pkcs11:token=a;token=b;object=c", "twice"),
                List.of("pkcs11:token=a;object=b;x-vendor=1", "not used here"),
                List.of("pkcs11:token=a;object=b;manufacturer=c", "not used here"),
                List.of("pkcs11:token=a;object=b?module-name=opensc", "not used here"),
                List.of("pkcs11:token=a;object=b?module-path=/a&module-path=/b", "twice"),
                List.of("pkcs11:token=a;object=b?module-path=", "empty"),
                List.of("pkcs11:token=;object=b", "empty"),
                List.of("pkcs11:token=a;object=%0a", "control character"),
                List.of("pkcs11:token=a;object=%ff", "not UTF-8"),
                List.of("pkcs11:token=a;object=%4", "percent"),
                List.of("pkcs11:token=a;object=%zz", "percent"),
                List.of("pkcs11:token=a;object=b;slot-id=x", "not a number"),
                List.of("pkcs11:token=a;object=b;slot-id=-1", "not a number"),
                List.of("pkcs11:token=a;object=b;type=secret-key", "not private"),
                List.of("pkcs11:token=a;object=b;;", "name=value"),
                List.of("pkcs11:token=a;object=" + "b".repeat(5000), "expected pkcs11:"))) {
            KeyException e = assertThrows(bad.get(0), KeyException.class, () -> TokenRequest.parse(bad.get(0)));
            assertEquals(bad.get(0), Reason.BAD_REQUEST, e.reason());
            assertTrue(bad.get(0) + ": " + e.getMessage(), e.getMessage().contains(bad.get(1)));
        }
    }

    @Test
    public void aPinInTheUriIsRefusedAndNotRepeated() {
        for (String uri : List.of(
                "pkcs11:token=a;object=b?pin-value=canary-123",
                "pkcs11:token=a;object=b?module-path=/a.so&PIN-VALUE=canary-123",
                "pkcs11:token=a;object=b?pin-source=file:/canary-123",
                "pkcs11:token=a;object=b;pin-value=canary-123")) {
            KeyException e = assertThrows(KeyException.class, () -> TokenRequest.parse(uri));
            assertEquals(Reason.BAD_REQUEST, e.reason());
            assertFalse(e.getMessage(), e.getMessage().contains("canary"));
        }
    }

    @Test
    public void anIdIsHexadecimal() {
        assertThrows(IllegalArgumentException.class, () -> new TokenRequest(null, "a", null, null, "xyz", null));
        assertEquals("0a", new TokenRequest(null, "a", null, null, "0A", null).keyId());
    }

    @Test
    public void aPathThatIsNotPlainIsNotLoadedEvenIfListed() {
        for (String path : List.of("libsofthsm2.so", "./x.so", "/usr/lib/../evil.so", "/usr/lib/x\u0000.so")) {
            TokenHost host = new TokenHost(List.of(path));
            KeyException e = assertThrows(path, KeyException.class, () -> host.requireAllowed(path));
            assertEquals(Reason.LIBRARY_NOT_ALLOWED, e.reason());
        }
        assertThrows(
                KeyException.class, () -> new TokenHost(List.of("/a.so")).requireAllowed("/a.so\nlibrary=/evil.so"));
    }
}
