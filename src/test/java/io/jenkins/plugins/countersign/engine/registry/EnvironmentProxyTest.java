package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.net.URI;
import java.util.Map;
import org.junit.Test;

public class EnvironmentProxyTest {

    private static String proxyFor(String uri, Map<String, String> environment) throws RegistryException {
        return EnvironmentProxy.of(environment)
                .proxyFor(URI.create(uri))
                .map(HttpProxy::address)
                .orElse("direct");
    }

    @Test
    public void loopbackAndExceptionsAreReachedDirectly() throws Exception {
        Map<String, String> environment = Map.of(
                "HTTPS_PROXY",
                "http://proxy:3128",
                "NO_PROXY",
                "example.com, .internal,10.0.0.1:5000,example.org:444, 192.168.0.0/16,fd00::/8,[fe80::1]:5000");
        for (String direct : new String[] {
            "https://localhost:5000/v2/",
            "https://127.0.0.1/v2/",
            "https://[::1]/v2/",
            "https://example.com/",
            "https://a.example.com:5000/",
            "https://registry.internal/",
            "https://10.0.0.1:5000/",
            "https://a.example.org:444/",
            "https://192.168.7.9/",
            "https://[fd12::7]:5000/",
            "https://[fe80::1]:5000/"
        }) {
            assertEquals(direct, "direct", proxyFor(direct, environment));
        }
        for (String not : new String[] {
            "https://notexample.com/",
            "https://example.com.evil.org/",
            "https://10.0.0.1/",
            "https://a.example.org/",
            "https://192.169.0.1/",
            "https://[fe00::7]/",
            "https://[fe80::1]/"
        }) {
            assertEquals(not, "proxy:3128", proxyFor(not, environment));
        }
        assertEquals("direct", proxyFor("https://a.org/", Map.of("HTTPS_PROXY", "p:1", "NO_PROXY", "*")));
    }

    @Test
    public void exceptionsThatAreNoneExceptNothing() throws Exception {
        for (String odd : new String[] {"", ",", "10.0.0.0/999", "10.0.0.0/", "/8", "a/8", ":", "10.0.0.1:99999999"}) {
            assertEquals(odd, "p:1", proxyFor("https://10.0.0.1/", Map.of("HTTPS_PROXY", "p:1", "NO_PROXY", odd)));
        }
    }

    @Test
    public void proxyIsTheOneOfTheScheme() throws Exception {
        assertEquals(
                "proxy:3128",
                proxyFor("https://notexample.com/", Map.of("https_proxy", "proxy:3128", "NO_PROXY", "example.com")));
        assertEquals("proxy:80", proxyFor("http://registry.org/", Map.of("HTTP_PROXY", "http://proxy")));
        assertEquals("[fd00::1]:3128", proxyFor("http://registry.org/", Map.of("HTTP_PROXY", "http://[fd00::1]:3128")));
        assertEquals("direct", proxyFor("https://registry.org/", Map.of("HTTP_PROXY", "http://proxy")));
        assertTrue(EnvironmentProxy.isNamedIn(Map.of("https_proxy", "p")));
        assertFalse(EnvironmentProxy.isNamedIn(Map.of("NO_PROXY", "p")));
    }

    @Test
    public void loginOfTheProxyIsInItsAddress() throws Exception {
        HttpProxy proxy = EnvironmentProxy.of(Map.of("HTTPS_PROXY", "http://a%40b:p%3Aw+d@proxy:3128"))
                .proxyFor(URI.create("https://registry.org/"))
                .orElseThrow();
        assertEquals("a@b", proxy.user());
        assertEquals("p:w+d", proxy.password());
        assertEquals("the proxy proxy:3128", proxy.toString());
    }

    @Test
    public void addressThatIsNoneIsToldWithoutItsPassword() {
        for (String odd : new String[] {
            "socks5://u:s3cret@proxy:1080",
            "https://u:s3cret@proxy",
            "http://u:s3cret@pro xy:1",
            "http://",
            "http://u:s3cret%zz@p"
        }) {
            String message = assertThrows(
                            RegistryException.class, () -> proxyFor("https://a.org/", Map.of("HTTPS_PROXY", odd)))
                    .getMessage();
            assertThat(message, containsString("the proxy that HTTPS_PROXY of the environment names cannot be used"));
            assertThat(message, containsString("expected http://[user:password@]host:port"));
            assertThat(message, not(containsString("s3cret")));
        }
    }
}
