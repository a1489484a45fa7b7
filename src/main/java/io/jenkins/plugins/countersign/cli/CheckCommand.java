package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.dockerfile.BaseTriggers;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.JsonReport;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Pinning;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.goldenbase.ResolvedBases;
import io.jenkins.plugins.countersign.engine.goldenbase.SarifReport;
import io.jenkins.plugins.countersign.engine.goldenbase.TextReport;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
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
            description = "The files to check; without any, and without --image, Dockerfile.",
            arity = "0..*")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description = "A built image whose first layers must be those of a golden image: registry/repository:tag,"
                    + " docker-archive:FILE, oci-archive:FILE or oci:FOLDER:TAG.")
    private List<String> images = new ArrayList<>();

    @Option(
            names = "--for-repository",
            paramLabel = "REGISTRY/REPOSITORY",
            description = "Where the built image goes, for entries of the catalogue that are for certain repositories.",
            defaultValue = "")
    private String repository;

    @Option(names = "--target", description = "The build's target stage.", defaultValue = "")
    private String target;

    @Option(names = "--build-arg", paramLabel = "NAME=VALUE", description = "A build argument, as the build gets it.")
    private Map<String, String> buildArgs = new LinkedHashMap<>();

    @Option(
            names = "--build-context",
            paramLabel = "NAME=VALUE",
            description = "A named build context, as the build gets it.")
    private Map<String, String> contexts = new LinkedHashMap<>();

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH",
            description = "A platform that is built; unless DOCKER_DEFAULT_PLATFORM says otherwise, the builder's own.",
            split = ",")
    private List<String> platforms = new ArrayList<>();

    @Option(
            names = "--build-platform",
            paramLabel = "OS/ARCH",
            description = "Where the builder runs, if not on this machine or for Windows containers.",
            defaultValue = "")
    private String buildPlatform;

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
            names = "--offline",
            description =
                    "Ask no registry. The ONBUILD triggers of base images are not seen then, and what only a registry"
                            + " knows fails the check.")
    private boolean offline;

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
                .on(
                        platforms.stream().map(Platform::parse).toList(),
                        buildPlatform,
                        System.getProperty("os.arch"),
                        System.getenv());
        GoldenBases golden = offline
                ? GoldenBases.of(policy.read(), new RegistryBases(host -> {
                    throw new IOException("no registry is asked with --offline");
                }))
                : GoldenBases.of(policy.read(), registries);
        RegistryBases bases = golden.registries();
        Catalogue catalogue = golden.catalogue();
        CheckContext context = golden.context().withTarget(target).withRepository(repository);
        if (files.isEmpty() && images.isEmpty()) {
            files = List.of(Path.of("Dockerfile"));
        }
        LineageCheck lineage = new GoldenBases(catalogue, bases, context).lineage();
        List<BaseReport> reports = new ArrayList<>();
        for (Path file : files) {
            byte[] content = Files.readAllBytes(file);
            if (pin || update) {
                content = rewrite(file, content, options, bases, catalogue, context);
            }
            BuildInputs inputs = !offline
                    ? BuildInputs.of(content, file.toString(), options, allowedTriggers(bases, catalogue, context))
                    : BuildInputs.of(content, file.toString(), options);
            BaseReport report = BaseCheck.check(inputs, catalogue, context);
            reports.add(report);
            if (catalogue.lineage() == Catalogue.LineageRule.REQUIRED) {
                lineage.remember(
                        ResolvedBases.of(report, catalogue, context, bases).references());
            }
        }
        for (String image : images) {
            reports.add(lineage(image, lineage));
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

    private BaseReport lineage(String image, LineageCheck check) throws IOException, Failure {
        try (ImageSource source = source(image)) {
            return LineageReport.of(image, check.of(source.content(), source.digest()));
        } catch (RegistryException e) {
            return LineageReport.unknown(image, e);
        }
    }

    private ImageSource source(String image) throws IOException, Failure {
        try {
            boolean named = image.matches("(docker-archive|oci-archive|oci|docker-daemon|docker):.*");
            String source = named && !image.matches("docker:[0-9]+/.*") ? image : "docker://" + image;
            return ImageSource.open(source, registries.sourceAccesses(source));
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "--image " + image + ": " + e.getMessage());
        }
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
