package io.jenkins.plugins.countersign.engine.goldenbase;

import java.time.Clock;

/**
 * For whom a check is made, and what it may ask.
 *
 * @param clock the time, for validity dates
 * @param target the build target; empty for the last stage
 * @param folder the full name of the Jenkins folder or job; empty on a command line
 * @param repository where the built image goes, {@code registry/repository}; empty when unknown
 * @param organisations lists the repositories of golden organisations
 * @param signatures proves who signed a golden image
 */
public record CheckContext(
        Clock clock,
        String target,
        String folder,
        String repository,
        GoldenOrganisations organisations,
        BaseSignatures signatures) {

    /** Without a registry: golden organisations and required signatures cannot be known, and fail the check. */
    public static CheckContext offline(Clock clock) {
        return new CheckContext(clock, "", "", "", GoldenOrganisations.UNREACHABLE, BaseSignatures.UNREACHABLE);
    }

    public CheckContext withTarget(String target) {
        return new CheckContext(clock, target, folder, repository, organisations, signatures);
    }

    public CheckContext withFolder(String folder) {
        return new CheckContext(clock, target, folder, repository, organisations, signatures);
    }

    public CheckContext withRepository(String repository) {
        return new CheckContext(clock, target, folder, repository, organisations, signatures);
    }

    public CheckContext withOrganisations(GoldenOrganisations organisations) {
        return new CheckContext(clock, target, folder, repository, organisations, signatures);
    }

    public CheckContext withSignatures(BaseSignatures signatures) {
        return new CheckContext(clock, target, folder, repository, organisations, signatures);
    }
}
