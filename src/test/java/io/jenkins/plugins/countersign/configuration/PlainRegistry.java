package io.jenkins.plugins.countersign.configuration;

import java.util.List;

/** The one registry of a test, on this machine and without TLS. */
public final class PlainRegistry {

    private PlainRegistry() {}

    public static void configure(String host) {
        RegistryConfiguration plain = new RegistryConfiguration(host);
        plain.setInsecurePlainHttp(true);
        CountersignConfiguration.get().setRegistries(List.of(plain));
    }
}
