package io.jenkins.plugins.countersign.engine;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real part that serves on a port of loopback: started, awaited until it listens, ended by {@link #close}. */
public final class ServerProcess implements AutoCloseable {

    private static final long LIMIT_NANOS = 30_000_000_000L;

    private final Process process;

    private ServerProcess(Process process) {
        this.process = process;
    }

    /** A port of loopback that nobody listened on a moment ago. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /**
     * Starts a server and returns once it accepts connections.
     *
     * @param log where its output goes
     */
    public static ServerProcess start(List<String> command, int port, Path log)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + LIMIT_NANOS;
        while (process.isAlive() && System.nanoTime() < deadline) {
            try (Socket socket = new Socket("localhost", port)) {
                return new ServerProcess(process);
            } catch (IOException notYet) {
                Thread.sleep(10);
            }
        }
        String state = process.isAlive() ? " did not listen within 30 s: " : " ended: ";
        process.destroyForcibly();
        throw new AssertionError(command.get(0) + state + Files.readString(log));
    }

    /** Kills it, as a power cut would, and waits until it is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
