package io.jenkins.plugins.countersign.configuration;

import hudson.AbortException;
import hudson.ExtensionList;
import hudson.ExtensionPoint;
import hudson.model.ItemGroup;
import hudson.model.Job;
import hudson.model.Run;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import java.util.Optional;

/**
 * What the surroundings of a job say beside the system's configuration. They may lend a login and narrow what builds may do;
 * nothing that the system asks for is loosened here.
 */
public abstract class ContextRules implements ExtensionPoint {

    /** The login of a registry, nearest first; looked up among the build's own credentials. Empty for the system's. */
    protected abstract Optional<String> registryCredentialsId(ItemGroup<?> group, String host);

    /** Why builds here may not write to the repository; empty when nothing speaks against it. */
    protected abstract Optional<String> objection(ItemGroup<?> group, ImageLocation destination);

    /** Whether {@code checkBaseImages} always fails, whatever a step says. */
    protected abstract boolean isViolationAlwaysFailure(ItemGroup<?> group);

    /** Whether nobody approves what they started, whatever the system allows. */
    protected abstract boolean isFourEyesAlways(ItemGroup<?> group);

    static Optional<String> registryCredentialsId(Run<?, ?> run, String host) {
        return all().stream()
                .flatMap(rules -> rules.registryCredentialsId(group(run), host).stream())
                .findFirst();
    }

    /** @throws AbortException if a build may not push, sign, approve or promote there */
    public static void requireWritable(ImageLocation destination, Run<?, ?> run) throws AbortException {
        for (ContextRules rules : all()) {
            Optional<String> objection = rules.objection(group(run), destination);
            if (objection.isPresent()) {
                throw new AbortException(objection.get());
            }
        }
    }

    public static boolean isViolationAlwaysFailure(Run<?, ?> run) {
        return all().stream().anyMatch(rules -> rules.isViolationAlwaysFailure(group(run)));
    }

    public static boolean isFourEyesAlways(Job<?, ?> job) {
        return all().stream().anyMatch(rules -> rules.isFourEyesAlways(job.getParent()));
    }

    private static ItemGroup<?> group(Run<?, ?> run) {
        return run.getParent().getParent();
    }

    private static ExtensionList<ContextRules> all() {
        return ExtensionList.lookup(ContextRules.class);
    }
}
