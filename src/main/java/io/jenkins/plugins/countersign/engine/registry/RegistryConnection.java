package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;

/** What all repositories of one registry share: connections, login, tokens. */
final class RegistryConnection {

    private final RegistryAccess access;
    private final Exchange exchange;

    RegistryConnection(RegistryAccess access) throws RegistryException {
        this.access = access;
        HttpTransport registry = new HttpTransport(Tls.context(access), access.proxy(), access.timeouts());
        HttpTransport elsewhere =
                new HttpTransport(Tls.contextElsewhere(access), access.proxy(), access.timeouts());
        Exchange anonymous = new Exchange(access, registry, elsewhere, null);
        Authorization authorization = new Authorization(access, new TokenService(anonymous, access));
        this.exchange = new Exchange(access, registry, elsewhere, authorization);
        warn();
    }

    private void warn() {
        if (access.plainHttp()) {
            access.progress()
                    .on(new Event.Warned("registry " + access.host()
                            + " is spoken to in plain HTTP, as an administrator allowed: anybody on the way can read and change what is sent"));
        } else if (access.unverifiedTls()) {
            access.progress()
                    .on(new Event.Warned("the certificate of registry " + access.host()
                            + " is not verified, as an administrator allowed: anybody on the way can read and change what is sent"));
        }
    }

    Exchange exchange() {
        return exchange;
    }
}
