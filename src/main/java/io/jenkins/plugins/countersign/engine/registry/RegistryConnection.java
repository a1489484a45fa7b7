package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;

/** What all repositories of one registry share: connections, login, tokens. */
final class RegistryConnection {

    private final RegistryAccess access;
    private final Exchange exchange;
    private final Authorization authorization;
    private HttpConnections registry;
    private HttpConnections elsewhere;

    RegistryConnection(RegistryAccess access) {
        this.access = access;
        Exchange anonymous = new Exchange(access, this, null);
        this.authorization = new Authorization(access, new TokenService(anonymous, access));
        this.exchange = new Exchange(access, this, authorization);
        warn();
    }

    private void warn() {
        if (access.plainHttp()) {
            access.progress()
                    .on(new Event.Warned("registry " + access.host()
                            + " is spoken to in plain HTTP, as an administrator allowed: anybody on the way can read and"
                            + " change what is sent"));
        } else if (access.unverifiedTls()) {
            access.progress()
                    .on(new Event.Warned("the certificate of registry " + access.host()
                            + " is not verified, as an administrator allowed: anybody on the way can read and change what"
                            + " is sent"));
        }
    }

    Exchange exchange() {
        return exchange;
    }

    /** Whether the registry has asked for a login. */
    boolean wantsLogin() {
        return authorization.isWanted();
    }

    /** To the registry itself. */
    synchronized HttpConnections registry() throws RegistryException {
        if (registry == null) {
            registry = new HttpConnections(
                    access.plainHttp() ? null : Tls.context(access), access.proxies(), access.timeouts());
        }
        return registry;
    }

    /** To hosts that it sends to; made when it first does, because reading all authorities takes a while. */
    synchronized HttpConnections elsewhere() throws RegistryException {
        if (elsewhere == null) {
            elsewhere = new HttpConnections(Tls.contextElsewhere(access), access.proxies(), access.timeouts());
        }
        return elsewhere;
    }
}
