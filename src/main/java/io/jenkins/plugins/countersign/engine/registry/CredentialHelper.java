package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program {@code docker-credential-…} that keeps logins. Source: docker/docker-credential-helpers, README, "Development":
 * {@code get} reads the server from standard input and answers JSON.
 */
final class CredentialHelper {

    private static final long LIMIT_SECONDS = 60;
    private static final int MAX_BYTES = 1 << 20;

    private final String name;
    private final Map<String, String> environment;

    CredentialHelper(String name, Map<String, String> environment) throws RegistryException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
            throw new RegistryException("not the name of a credential helper: " + RegistryErrors.clean(name));
        }
        this.name = "docker-credential-" + name;
        this.environment = environment;
    }

    Optional<Login> loginFor(String server) throws RegistryException {
        try {
            ProcessBuilder builder = new ProcessBuilder(program().toString(), "get");
            if (!environment.isEmpty()) {
                builder.environment().clear();
                builder.environment().putAll(environment);
            }
            Process process =
                    builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try {
                return ask(process, server);
            } finally {
                process.destroyForcibly();
            }
        } catch (RegistryException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while waiting for " + name, e);
        } catch (IOException e) {
            throw new RegistryException(
                    "tried to ask " + name + " for the login of " + server + ", but failed: " + e, e);
        }
    }

    private Optional<Login> ask(Process process, String server) throws IOException, InterruptedException {
        CompletableFuture<byte[]> output = CompletableFuture.supplyAsync(() -> {
            try (InputStream in = process.getInputStream()) {
                return in.readNBytes(MAX_BYTES);
            } catch (IOException e) {
                return new byte[0];
            }
        });
        try (var in = process.getOutputStream()) {
            in.write(server.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // it may end without having read; its exit code tells
        }
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new RegistryException(name + " did not answer within " + LIMIT_SECONDS + " s");
        }
        byte[] answer;
        try {
            answer = output.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new RegistryException(name + " gave no answer", e);
        }
        if (process.exitValue() != 0) {
            String said = new String(answer, StandardCharsets.UTF_8).trim();
            if (said.contains("credentials not found")) {
                return Optional.empty();
            }
            throw new RegistryException("tried to ask " + name + " for the login of " + server + ", but it ended with "
                    + process.exitValue() + ": " + RegistryErrors.clean(said));
        }
        ObjectNode json = RegistryJson.read(answer, "the answer of " + name);
        String user = json.path("Username").asText("");
        String secret = json.path("Secret").asText("");
        return Optional.of(user.equals("<token>") ? Login.identityToken(secret) : Login.password(user, secret));
    }

    /** On the PATH of the helpers' environment, never in the current folder, which may be a stranger's checkout. */
    private Path program() throws RegistryException {
        String path = environment.isEmpty() ? System.getenv("PATH") : environment.getOrDefault("PATH", "");
        for (String folder : String.valueOf(path).split(File.pathSeparator)) {
            if (!folder.isEmpty() && Path.of(folder).isAbsolute()) {
                for (String suffix : new String[] {"", ".exe"}) {
                    Path candidate = Path.of(folder, name + suffix);
                    if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                        return candidate;
                    }
                }
            }
        }
        throw new RegistryException("Docker's configuration names the credential helper " + name
                + ", but there is no such program on the PATH");
    }
}
