package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.evidence.BaseLayers;
import io.jenkins.plugins.countersign.engine.evidence.Provenance;
import io.jenkins.plugins.countersign.engine.evidence.Provenance.Dependency;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What somebody outside of Jenkins says about a build. */
final class ProvenanceOptions {

    @Mixin
    private PolicyOption policy;

    @Option(names = "--builder", paramLabel = "URI", description = "Provenance: who is trusted to have run the build.")
    private String builder;

    @Option(names = "--invocation", paramLabel = "URI", description = "Provenance: names the build.")
    private String invocation;

    @Option(names = "--parameter", paramLabel = "NAME=VALUE", description = "Provenance: what the build was given.")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(names = "--source", paramLabel = "URL@COMMIT", description = "Provenance: a git repository and its commit.")
    private List<String> sources = new ArrayList<>();

    @Option(
            names = "--base",
            paramLabel = "IMAGE@DIGEST",
            description =
                    "Provenance: a base image; golden, if --policy allows it and the image begins with its layers.")
    private List<String> bases = new ArrayList<>();

    @Option(names = "--started-by", description = "Provenance: who started the build; \"\" for nobody.")
    private List<String> startedBy;

    @Option(names = "--commit-author", description = "Provenance: an author of the commits in it; \"\" for nobody.")
    private List<String> commitAuthors;

    @Option(names = "--started", paramLabel = "TIME", description = "Provenance: when the build started. Default: now.")
    private String started;

    Provenance read(Repository repository, Digest image, RegistryOptions registry, Instant now) throws Exception {
        if (builder == null || invocation == null) {
            throw new Failure(ExitCode.USAGE, "provenance needs --builder URI and --invocation URI");
        }
        List<Dependency> dependencies = new ArrayList<>();
        for (String source : sources) {
            int at = source.lastIndexOf('@');
            if (at < 1 || !source.substring(at + 1).matches("[0-9a-f]{40}([0-9a-f]{24})?")) {
                throw new Failure(
                        ExitCode.USAGE, "--source is URL@COMMIT with the commit's whole hash: \"" + source + "\"");
            }
            dependencies.add(Dependency.source(source.substring(0, at), "", source.substring(at + 1)));
        }
        for (String base : bases) {
            dependencies.add(base(base, repository, image, registry));
        }
        try {
            return new Provenance(
                    builder,
                    parameters,
                    dependencies,
                    invocation,
                    known(startedBy),
                    known(commitAuthors),
                    started == null ? now : Instant.parse(started),
                    now);
        } catch (DateTimeException e) {
            throw new Failure(ExitCode.USAGE, "--started is a time like 2026-11-22T08:00:00Z: \"" + started + "\"");
        }
    }

    private Dependency base(String base, Repository repository, Digest image, RegistryOptions registry)
            throws Exception {
        ImageReference reference = ImageReference.parse(base);
        if (reference.digestOrNull() == null) {
            throw new Failure(ExitCode.USAGE, "--base needs a digest: " + base);
        }
        boolean golden = false;
        if (policy.isGiven() && allows(base)) {
            ImageLocation location = ImageLocation.parse(base);
            try (Repository opened = registry.open(location)) {
                golden = BaseLayers.begins(repository, image, opened, reference.digestOrNull());
            }
        }
        return Dependency.baseImage(reference, reference.digestOrNull(), null, golden);
    }

    private boolean allows(String base) throws Exception {
        return BaseCheck.allows(base, Catalogue.read(policy.read().golden()), CheckContext.offline(Clock.systemUTC()));
    }

    /** Nothing said is unknown; said to be nobody is nobody. */
    private static List<String> known(List<String> given) {
        return given == null
                ? null
                : given.stream().filter(name -> !name.isBlank()).toList();
    }
}
