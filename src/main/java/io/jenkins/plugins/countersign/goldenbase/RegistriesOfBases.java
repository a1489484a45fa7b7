package io.jenkins.plugins.countersign.goldenbase;

import hudson.AbortException;
import hudson.model.Run;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;

/**
 * How a build reaches the registries of its bases, from the controller. A login of the step goes to the one registry that is
 * named with it: a Dockerfile's author decides which registries are asked, and must not decide who gets the login.
 *
 * @param run in whose context the login is looked up
 * @param registryOrNull host of the registry that the login is for
 * @param credentialsIdOrNull the login; null for those that are configured
 */
record RegistriesOfBases(Run<?, ?> run, String registryOrNull, String credentialsIdOrNull, Progress progress)
        implements RegistryBases.Accesses {

    @Override
    public RegistryAccess of(String host) throws AbortException {
        return Registries.settings(
                        ImageLocation.parse(host + "/any"),
                        host.equals(registryOrNull) ? credentialsIdOrNull : null,
                        run)
                .access(progress);
    }
}
