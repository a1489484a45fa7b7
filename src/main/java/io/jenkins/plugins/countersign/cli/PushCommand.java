package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.Push;
import io.jenkins.plugins.countersign.engine.registry.PushResult;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign push}. */
@Command(
        name = "push",
        description = "Uploads an image; the tag comes last. Prints repository:tag@digest.",
        mixinStandardHelpOptions = true)
final class PushCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(
            index = "0",
            paramLabel = "SOURCE",
            description = "docker-archive:FILE[:NAME], oci-archive:FILE[:TAG], oci:FOLDER[:TAG], docker-daemon:NAME or"
                    + " docker://REGISTRY/REPOSITORY[:TAG][@DIGEST].")
    private String source;

    @Parameters(index = "1", paramLabel = "IMAGE", description = "registry/repository:tag or oci:folder:tag.")
    private String image;

    @Override
    public Integer call() throws Exception {
        ImageLocation destination = ImageLocation.parse(image);
        if (destination.tag().isEmpty() || destination.digest().isPresent()) {
            throw new Failure(ExitCode.USAGE, "an image is pushed to a repository and a tag, without digest: " + image);
        }
        Progress progress = TextProgress.of(spec);
        try (ImageSource from = ImageSource.open(source, registry.sourceAccesses(source));
                Repository repository = registry.open(destination)) {
            PushResult pushed = Push.of(from, repository)
                    .tagged(destination.tag().orElseThrow())
                    .reporting(progress)
                    .run();
            String name = destination.withDigest(pushed.digest()).toString();
            if (output.json()) {
                output.print(spec, output.document().put("image", name));
            } else {
                spec.commandLine().getOut().println(name);
            }
            return ExitCode.PASS.code();
        }
    }
}
