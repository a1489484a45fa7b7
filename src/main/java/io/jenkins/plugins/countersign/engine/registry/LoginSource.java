package io.jenkins.plugins.countersign.engine.registry;

import java.util.Optional;

/** Where logins come from: given ones, Docker's {@code config.json}, a credentials store. Asked at most once per connection. */
@FunctionalInterface
public interface LoginSource {

    /** Nobody. */
    LoginSource ANONYMOUS = registry -> Optional.empty();

    /**
     * The login meant for this registry, and for no other.
     *
     * @param registry host and optional port as in image names, for instance {@code docker.io}
     */
    Optional<Login> loginFor(String registry) throws RegistryException;

    static LoginSource of(String user, String password) {
        return registry -> Optional.of(Login.password(user, password));
    }
}
