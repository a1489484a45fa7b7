package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.rules.ExternalResource;

/** Debian's Docker daemon, which runs no container here and so needs no network of its own; it has to be root. */
public final class Dockerd extends ExternalResource {

    private static final long LIMIT_NANOS = 60_000_000_000L;

    private Path folder;
    private Process process;

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("dockerd");
        folder = Files.createTempDirectory("dockerd");
        Path log = folder.resolve("log");
        process = new ProcessBuilder(
                        program.toString(),
                        "--host=unix://" + socket(),
                        "--data-root=" + folder.resolve("data"),
                        "--exec-root=" + folder.resolve("exec"),
                        "--pidfile=" + folder.resolve("pid"),
                        "--bridge=none",
                        "--iptables=false",
                        "--ip6tables=false",
                        "--storage-driver=vfs")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + LIMIT_NANOS;
        while (!listens()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                after();
                throw new AssertionError("dockerd does not listen: " + Files.readString(log));
            }
            Thread.sleep(20);
        }
    }

    private boolean listens() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket()));
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Asked to end and not killed: it ends the containerd that it started. */
    @Override
    public void after() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public Path socket() {
        return folder.resolve("docker.sock");
    }

    /** Gives it an image of one layer; the image's id. */
    public String load(String name, byte[] tar) throws Exception {
        Path archive = folder.resolve("to-load.tar");
        Files.write(archive, Tars.dockerArchive(tar, Digest.of(tar), name));
        docker("load", "--input", archive.toString());
        return docker("image", "inspect", "--format", "{{.Id}}", name).trim();
    }

    /** A folder from which an image can be built. */
    public String context(String dockerfile) throws IOException {
        Path context = Files.createTempDirectory(folder, "context");
        Files.writeString(context.resolve("Dockerfile"), dockerfile);
        return context.toString();
    }

    /** Runs Docker's own client. */
    String docker(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("docker", "--host", "unix://" + socket()));
        command.addAll(List.of(arguments));
        return Run.of(command.toArray(String[]::new)).succeeded();
    }
}
