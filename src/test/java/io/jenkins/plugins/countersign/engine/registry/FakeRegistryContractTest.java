package io.jenkins.plugins.countersign.engine.registry;

import org.junit.Rule;

/** Against a registry with the referrers API. */
public class FakeRegistryContractTest extends RepositoryContract {

    @Rule
    public final FakeRegistry registry = FakeRegistry.plain();

    @Override
    Repository open(String name) {
        return registry.repository(name);
    }
}
