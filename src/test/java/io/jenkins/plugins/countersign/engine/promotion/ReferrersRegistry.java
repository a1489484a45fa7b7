package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.RealPart;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.rules.ExternalResource;

/** go-containerregistry's {@code registry}: in memory, without TLS or login, with the referrers API and tags that move. */
public final class ReferrersRegistry extends ExternalResource {

    private Process process;
    private int port;

    public String host() {
        return "localhost:" + port;
    }

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("registry");
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        process = new ProcessBuilder(program.toString(), "-port", Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (System.nanoTime() < deadline && process.isAlive()) {
            try (Socket socket = new Socket("localhost", port)) {
                return;
            } catch (IOException notYet) {
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("registry did not listen within 30 s");
    }

    @Override
    public void after() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
