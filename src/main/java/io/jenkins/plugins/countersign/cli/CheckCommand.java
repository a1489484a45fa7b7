package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.dockerfile.BaseTriggers;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.JsonReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Pinning;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.goldenbase.SarifReport;
import io.jenkins.plugins.countersign.engine.goldenbase.TextReport;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign check}: what the build of a Dockerfile would pull, and whether the catalogue allows it. */
@Command(
        name = "check",
        description = "Checks every image that the build of a Dockerfile would pull against the golden images.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {

    private enum Format {
        TEXT,
        JSON,
        SARIF
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private PolicyOption policy;

    @Parameters(
            paramLabel = "DOCKERFILE",
            description = "The files to check.",
            defaultValue = "Dockerfile",
            arity = "0..*")
    private List<Path> files;

    @Option(names = "--target", description = "The build's target stage.", defaultValue = "")
    private String target;

    @Option(names = "--build-arg", paramLabel = "NAME=VALUE", description = "A build argument, as the build gets it.")
    private Map<String, String> buildArgs = new LinkedHashMap<>();

    @Option(
            names = "--build-context",
            paramLabel = "NAME=VALUE",
            description = "A named build context, as the build gets it.")
    private Map<String, String> contexts = new LinkedHashMap<>();

    @Option(names = "--platform", paramLabel = "OS/ARCH", description = "A platform that is built.", split = ",")
    private List<String> platforms = new ArrayList<>();

    @Option(names = "--all-stages", description = "Check what the target does not reach, too.")
    private boolean allStages;

    @Option(
            names = "--builder",
            description = "Whose rules apply: ${COMPLETION-CANDIDATES}.",
            defaultValue = "BUILDKIT")
    private BuildOptions.Builder builder;

    @Option(names = "--output", description = "${COMPLETION-CANDIDATES}", defaultValue = "TEXT")
    private Format format;

    @Option(
            names = "--follow-triggers",
            description =
                    "Ask the registries of golden bases for their ONBUILD triggers, and check what these bring in.")
    private boolean followTriggers;

    @Option(names = "--pin", description = "Write the digests that tags point to now into the files, then check them.")
    private boolean pin;

    @Option(
            names = "--update",
            description =
                    "Move the digests in the files to what their tags point to now, if that is allowed; then check.")
    private boolean update;

    @Mixin
    private RegistryOptions registries;

    @Override
    public Integer call() throws Exception {
        BuildOptions options = BuildOptions.defaults()
                .withTarget(target)
                .withBuildArgs(buildArgs)
                .withContexts(contexts)
                .withAllStages(allStages)
                .withBuilder(builder)
                .withPlatforms(platforms.stream().map(Platform::parse).toList());
        RegistryBases bases = new RegistryBases(host -> {
            try {
                return registries.access(host);
            } catch (Failure e) {
                throw new IOException(e.getMessage(), e);
            }
        });
        CheckContext context = policy.checkContext(target).withOrganisations(bases);
        Catalogue catalogue = policy.catalogue();
        List<BaseReport> reports = new ArrayList<>();
        for (Path file : files) {
            byte[] content = Files.readAllBytes(file);
            if (pin || update) {
                content = rewrite(file, content, options, bases, catalogue, context);
            }
            BuildInputs inputs = followTriggers
                    ? BuildInputs.of(content, file.toString(), options, allowedTriggers(bases, catalogue, context))
                    : BuildInputs.of(content, file.toString(), options);
            reports.add(BaseCheck.check(inputs, catalogue, context));
        }
        spec.commandLine()
                .getOut()
                .print(
                        switch (format) {
                            case TEXT -> TextReport.render(reports);
                            case JSON -> JsonReport.render(reports);
                            case SARIF -> SarifReport.render(reports);
                        });
        return reports.stream().allMatch(BaseReport::passed) ? ExitCode.PASS.code() : ExitCode.POLICY.code();
    }

    /** An image that is refused anyway is not asked for: its registry may be a stranger's. */
    private static BaseTriggers allowedTriggers(RegistryBases bases, Catalogue catalogue, CheckContext context) {
        return (reference, platform) ->
                BaseCheck.allows(reference, catalogue, context) ? bases.onbuild(reference, platform) : List.of();
    }

    private byte[] rewrite(
            Path file,
            byte[] content,
            BuildOptions options,
            RegistryBases bases,
            Catalogue catalogue,
            CheckContext context)
            throws IOException {
        byte[] written = content;
        if (update) {
            written = report(
                    file,
                    Pinning.update(
                            written, BuildInputs.of(written, file.toString(), options), bases, catalogue, context));
        }
        if (pin) {
            written = report(file, Pinning.pin(written, BuildInputs.of(written, file.toString(), options), bases));
        }
        if (!Arrays.equals(content, written)) {
            Files.write(file, written);
        }
        return written;
    }

    private byte[] report(Path file, Pinning.Result result) {
        for (Pinning.Change change : result.changes()) {
            spec.commandLine()
                    .getErr()
                    .println(file + ":" + change.line() + ":" + change.column() + ": " + change.before() + " is "
                            + change.after() + " now");
        }
        for (Pinning.Left left : result.left()) {
            spec.commandLine()
                    .getErr()
                    .println(file + ":" + left.line() + ":" + left.column() + ": " + left.reference()
                            + " is left as it is: " + left.reason());
        }
        return result.content();
    }
}
