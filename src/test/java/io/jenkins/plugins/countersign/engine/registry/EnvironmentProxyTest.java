package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;

import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Map;
import org.junit.Test;

public class EnvironmentProxyTest {

    private static String proxyFor(String uri, Map<String, String> environment) {
        ProxySelector selector = EnvironmentProxy.of(environment);
        Proxy proxy = selector.select(URI.create(uri)).get(0);
        return proxy.type() == Proxy.Type.DIRECT
                ? "direct"
                : proxy.address().toString().replace("/<unresolved>", "");
    }

    @Test
    public void loopbackAndExceptionsAreReachedDirectly() {
        Map<String, String> environment =
                Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", "example.com, .internal,10.0.0.1:5000");
        for (String direct : new String[] {
            "https://localhost:5000/v2/",
            "https://127.0.0.1/v2/",
            "https://example.com/",
            "https://a.example.com/",
            "https://registry.internal/",
            "https://10.0.0.1:5000/"
        }) {
            assertEquals(direct, "direct", proxyFor(direct, environment));
        }
        assertEquals("direct", proxyFor("https://a.org/", Map.of("HTTPS_PROXY", "p:1", "NO_PROXY", "*")));
    }

    @Test
    public void proxyIsTheOneOfTheScheme() {
        assertEquals(
                "proxy:3128",
                proxyFor("https://notexample.com/", Map.of("https_proxy", "proxy:3128", "NO_PROXY", "example.com")));
        assertEquals("proxy:80", proxyFor("http://registry.org/", Map.of("HTTP_PROXY", "http://proxy")));
        assertEquals("direct", proxyFor("https://registry.org/", Map.of("HTTP_PROXY", "http://proxy")));
    }
}
