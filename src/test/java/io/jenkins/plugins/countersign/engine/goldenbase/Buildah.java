package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds real images without a daemon, root file systems or network, in a storage of its own. */
final class Buildah {

    private final Path folder;

    Buildah(Path folder) {
        RealPart.require("buildah");
        this.folder = folder;
    }

    /** Builds {@code dockerfile}, whose context holds a file {@code content} with this content. */
    void build(String name, String content, String dockerfile, String... flags) throws Exception {
        Path context = Files.createTempDirectory(folder, "context");
        Files.writeString(context.resolve("Dockerfile"), dockerfile);
        Files.writeString(context.resolve("content"), content);
        List<String> arguments = new ArrayList<>(List.of("build", "--layers", "--pull=never", "-t", name));
        arguments.addAll(List.of(flags));
        arguments.add(context.toString());
        run(arguments.toArray(new String[0]));
    }

    void push(String name, Path layout, String tag) throws Exception {
        run("push", name, "oci:" + layout + ":" + tag);
    }

    void run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "buildah",
                "--root",
                folder.resolve("storage").toString(),
                "--runroot",
                folder.resolve("run").toString()));
        command.addAll(List.of(arguments));
        Run.of(Map.of("BUILDAH_ISOLATION", "chroot", "STORAGE_DRIVER", "vfs"), folder, command)
                .succeeded();
    }
}
