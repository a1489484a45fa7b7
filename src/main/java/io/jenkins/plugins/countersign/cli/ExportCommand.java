package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.export.Enforcement;
import io.jenkins.plugins.countersign.engine.export.Export;
import io.jenkins.plugins.countersign.engine.export.ExportException;
import io.jenkins.plugins.countersign.engine.export.ExportFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign export}: the trust policy for those who admit images where they run. */
@Command(
        name = "export",
        description =
                "Writes the trust policy as configuration for containers/image, Kyverno, policy-controller or Connaisseur.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private PolicyOption policy;

    @Option(names = "--format", required = true, description = "${COMPLETION-CANDIDATES}")
    private ExportFormat format;

    @Option(names = "--stage", required = true, description = "Whose seal is required.")
    private String stage;

    @Option(names = "--to", required = true, paramLabel = "FOLDER", description = "Where the files go.")
    private Path folder;

    @Parameters(arity = "1..*", paramLabel = "REPOSITORY", description = "registry/repository, each without a tag.")
    private List<String> repositories;

    @Override
    public Integer call() throws Exception {
        Export export;
        try {
            export = format.export(Enforcement.of(policy.read(), stage, repositories, Instant.now()));
        } catch (ExportException e) {
            throw new Failure(ExitCode.POLICY, e.getMessage());
        }
        for (Map.Entry<String, String> file : export.files().entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            Files.writeString(target, file.getValue());
            spec.commandLine().getOut().println(target);
        }
        spec.commandLine().getErr().println("Not checked by " + format.word() + ":");
        export.notExpressed().forEach(limit -> spec.commandLine().getErr().println("  " + limit));
        return ExitCode.PASS.code();
    }
}
