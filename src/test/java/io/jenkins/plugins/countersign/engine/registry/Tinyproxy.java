package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.rules.ExternalResource;

/** Debian's tinyproxy, which wants a login and tells what it was asked for. */
public final class Tinyproxy extends ExternalResource {

    public static final String USER = "worker";
    public static final String PASSWORD = "pr0xy-secret";

    private Path folder;
    private int port;
    private ServerProcess process;

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("tinyproxy");
        folder = Files.createTempDirectory("tinyproxy");
        port = ServerProcess.freePort();
        Files.writeString(
                folder.resolve("tinyproxy.conf"),
                "Port " + port + "\nListen 127.0.0.1\nTimeout 60\nMaxClients 100\nLogLevel Connect\nBasicAuth " + USER
                        + " " + PASSWORD + "\n");
        process = ServerProcess.start(
                List.of(
                        program.toString(),
                        "-d",
                        "-c",
                        folder.resolve("tinyproxy.conf").toString()),
                port,
                log());
    }

    @Override
    public void after() {
        process.close();
    }

    private Path log() {
        return folder.resolve("log");
    }

    public int port() {
        return port;
    }

    public HttpProxy as(String user, String password) {
        return new HttpProxy("127.0.0.1", port, user, password);
    }

    /** Request lines, each as the proxy got it. */
    public List<String> requests() throws Exception {
        return Files.readAllLines(log()).stream()
                .filter(line -> line.contains("Request (file descriptor"))
                .map(line -> line.replaceFirst(".*\\): ", ""))
                .toList();
    }
}
