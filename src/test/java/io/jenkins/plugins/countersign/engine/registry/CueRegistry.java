package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.RealPart;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.rules.ExternalResource;

/**
 * Somebody else's registry with the referrers API: {@code cue mod registry}, which serves any OCI content from memory. Its
 * tags cannot be moved.
 */
public final class CueRegistry extends ExternalResource {

    private Process process;
    private int port;

    public String host() {
        return "localhost:" + port;
    }

    public RegistryAccess access() {
        return RegistryAccess.of(host()).insecurePlainHttp();
    }

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("cue");
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        process = new ProcessBuilder(program.toString(), "mod", "registry", host())
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (System.nanoTime() < deadline && process.isAlive()) {
            try (Socket socket = new Socket("localhost", port)) {
                return;
            } catch (IOException notYet) {
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("cue mod registry did not listen within 30 s");
    }

    @Override
    public void after() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
