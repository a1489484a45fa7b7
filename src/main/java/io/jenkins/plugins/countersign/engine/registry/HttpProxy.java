package io.jenkins.plugins.countersign.engine.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * A proxy that is spoken to in plain HTTP: a tunnel to what is spoken to over TLS (CONNECT, RFC 9110, section 9.3.6), and an
 * intermediary for the rest. {@link #toString} shows no secret.
 *
 * @param user empty for no login
 */
public record HttpProxy(String host, int port, String user, String password) {

    String address() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    /** The value of {@code Proxy-Authorization} (RFC 7617). */
    Optional<String> authorization() {
        return user.isEmpty()
                ? Optional.empty()
                : Optional.of("Basic "
                        + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public String toString() {
        return "the proxy " + RegistryErrors.clean(address());
    }
}
