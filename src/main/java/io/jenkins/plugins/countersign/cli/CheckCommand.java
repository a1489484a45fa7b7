package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseReport;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.JsonReport;
import io.jenkins.plugins.countersign.engine.goldenbase.SarifReport;
import io.jenkins.plugins.countersign.engine.goldenbase.TextReport;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    @Override
    public Integer call() throws Exception {
        BuildOptions options = BuildOptions.defaults()
                .withTarget(target)
                .withBuildArgs(buildArgs)
                .withContexts(contexts)
                .withAllStages(allStages)
                .withBuilder(builder)
                .withPlatforms(platforms.stream().map(Platform::parse).toList());
        CheckContext context = policy.checkContext(target);
        List<BaseReport> reports = new ArrayList<>();
        for (Path file : files) {
            BuildInputs inputs = BuildInputs.of(Files.readAllBytes(file), file.toString(), options);
            reports.add(BaseCheck.check(inputs, policy.catalogue(), context));
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
}
