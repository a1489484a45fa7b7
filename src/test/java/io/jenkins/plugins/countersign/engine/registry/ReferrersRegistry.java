package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.rules.ExternalResource;

/** Somebody else's registry with the referrers API, on loopback and in memory: plain HTTP, nobody has to log in. */
public final class ReferrersRegistry extends ExternalResource {

    /** The program's command line, for a free port. */
    private interface Server {
        List<String> command(int port);
    }

    private final Server server;
    private ServerProcess process;
    private Path log;
    private int port;

    /** {@code crane registry serve} */
    public ReferrersRegistry() {
        this(port ->
                List.of(RealPart.require("crane").toString(), "registry", "serve", "--address", "localhost:" + port));
    }

    private ReferrersRegistry(Server server) {
        this.server = server;
    }

    /** {@code cue mod registry}, which serves any OCI content. Its tags cannot be moved. */
    public static ReferrersRegistry cue() {
        return new ReferrersRegistry(
                port -> List.of(RealPart.require("cue").toString(), "mod", "registry", "localhost:" + port));
    }

    /** {@code localhost:port} */
    public String host() {
        return "localhost:" + port;
    }

    public RegistryAccess access() {
        return RegistryAccess.of(host()).insecurePlainHttp();
    }

    public Repository open(String repository) {
        return Repositories.open(host() + "/" + repository, access());
    }

    @Override
    public void before() throws Throwable {
        port = ServerProcess.freePort();
        log = Files.createTempFile("registry", ".log");
        process = ServerProcess.start(server.command(port), port, log);
    }

    @Override
    public void after() {
        if (process != null) {
            process.close();
        }
        if (log != null) {
            log.toFile().delete();
        }
    }
}
