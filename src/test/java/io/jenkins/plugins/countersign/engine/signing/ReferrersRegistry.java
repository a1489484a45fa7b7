package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.rules.ExternalResource;

/** A registry with the referrers API on loopback: the one that crane brings along. Plain HTTP, nobody has to log in. */
public final class ReferrersRegistry extends ExternalResource {

    private Path folder;
    private Process process;
    private int port;

    @Override
    public void before() throws Throwable {
        Path crane = RealPart.require("crane");
        folder = Files.createTempDirectory("crane-registry");
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        process = new ProcessBuilder(crane.toString(), "registry", "serve", "--address", "localhost:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        awaitPort();
    }

    /** {@code localhost:port} */
    public String host() {
        return "localhost:" + port;
    }

    public Repository open(String repository) {
        return Repositories.open(
                host() + "/" + repository, RegistryAccess.of(host()).insecurePlainHttp());
    }

    private void awaitPort() throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (System.nanoTime() < deadline) {
            if (!process.isAlive()) {
                throw new AssertionError("crane registry ended: " + Files.readString(folder.resolve("log")));
            }
            try (Socket socket = new Socket("localhost", port)) {
                return;
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        throw new AssertionError("crane registry did not listen within 30 s");
    }

    @Override
    public void after() {
        if (process != null) {
            process.destroyForcibly();
        }
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            } catch (IOException leftovers) {
                throw new java.io.UncheckedIOException(leftovers);
            }
        }
    }
}
