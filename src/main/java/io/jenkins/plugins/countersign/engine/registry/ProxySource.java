package io.jenkins.plugins.countersign.engine.registry;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Optional;

/** Where it is known through which proxy a host is reached: the environment, Jenkins, Java's own settings. */
@FunctionalInterface
public interface ProxySource {

    /** What Java was started with ({@code https.proxyHost}, {@code http.proxyHost}, {@code http.nonProxyHosts}). */
    ProxySource OF_JAVA = uri -> {
        ProxySelector selector = ProxySelector.getDefault();
        return selector == null
                ? Optional.empty()
                : selector.select(uri).stream()
                        .filter(proxy -> proxy.type() == Proxy.Type.HTTP)
                        .map(proxy -> (InetSocketAddress) proxy.address())
                        .map(address -> new HttpProxy(address.getHostString(), address.getPort(), "", ""))
                        .findFirst();
    };

    /**
     * The proxy to that address; empty where there is none on the way.
     *
     * @throws RegistryException if one is named that cannot be used
     */
    Optional<HttpProxy> proxyFor(URI uri) throws RegistryException;
}
