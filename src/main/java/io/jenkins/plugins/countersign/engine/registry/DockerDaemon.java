package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Saves an image of a Docker daemon to a file, through the daemon's socket. Source: Docker Engine API, {@code GET
 * /images/{name}/get} and {@code /json}. Spoken as HTTP/1.0, to which a daemon answers unchunked and closes; the JDK's client knows no Unix
 * sockets. An answer that breaks off is noticed by the archive's missing end.
 */
final class DockerDaemon {

    private static final int MAX_LINE = 16 << 10;
    private static final int MAX_HEADERS = 200;
    private static final int MAX_ERROR = 4 << 10;
    private static final int MAX_DESCRIPTION = 4 << 20;

    private final Path socket;

    DockerDaemon(Path socket) {
        this.socket = socket;
    }

    /** @param dockerHostOrNull the value of {@code DOCKER_HOST} */
    static DockerDaemon of(String dockerHostOrNull) throws ArchiveException {
        if (dockerHostOrNull == null || dockerHostOrNull.isEmpty()) {
            return new DockerDaemon(Path.of("/var/run/docker.sock"));
        }
        if (!dockerHostOrNull.startsWith("unix://")) {
            throw new ArchiveException("DOCKER_HOST is " + RegistryErrors.clean(dockerHostOrNull)
                    + ", but images are taken from a daemon through its Unix socket only (unix://…);"
                    + " save the image with \"docker save\" and push the archive");
        }
        return new DockerDaemon(Path.of(dockerHostOrNull.substring("unix://".length())));
    }

    /**
     * The image's id, the digest of its config. Empty for a name without a tag, which may be that of several images, and when
     * the daemon says nothing clear: then {@link #save} finds out why.
     */
    Optional<String> id(String image) throws RegistryException {
        if (image.lastIndexOf(':') <= image.lastIndexOf('/')) {
            return Optional.empty();
        }
        byte[][] answer = new byte[1][];
        try {
            ask(image, "json", in -> answer[0] = in.readNBytes(MAX_DESCRIPTION));
            JsonNode id = RegistryJson.read(answer[0], "the daemon's answer").path("Id");
            return id.isTextual() ? Optional.of(id.asText()) : Optional.empty();
        } catch (CancelledException e) {
            throw e;
        } catch (RegistryException e) {
            return Optional.empty();
        }
    }

    void save(String image, Path file) throws RegistryException {
        ask(image, "get", in -> {
            try (OutputStream spooled = Files.newOutputStream(file)) {
                in.transferTo(spooled);
            }
        });
    }

    private interface Reader {
        void read(InputStream answer) throws IOException;
    }

    private void ask(String image, String what, Reader reader) throws RegistryException {
        String action = "take image " + RegistryErrors.clean(image) + " from the Docker daemon at " + socket;
        if (!Files.exists(socket)) {
            throw new UnreachableException("tried to " + action + ", but there is no such socket");
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request = "GET /images/" + URLEncoder.encode(image, StandardCharsets.UTF_8) + "/" + what
                    + " HTTP/1.0\r\n"
                    + "Host: docker\r\nUser-Agent: countersign\r\n\r\n";
            OutputStream out = Channels.newOutputStream(channel);
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
            String status = line(in);
            int headers = 0;
            while (!line(in).isEmpty()) {
                if (++headers > MAX_HEADERS) {
                    throw new UnexpectedAnswerException(
                            "tried to " + action + ", but the answer's headers have no end");
                }
            }
            if (status.matches("HTTP/1\\.[01] 404.*")) {
                throw new NotFoundException(
                        "there is no image " + RegistryErrors.clean(image) + " at the Docker daemon at " + socket);
            }
            if (!status.matches("HTTP/1\\.[01] 200.*")) {
                throw new UnexpectedAnswerException("tried to " + action + ", but the answer was "
                        + RegistryErrors.clean(status) + ": "
                        + RegistryErrors.clean(new String(in.readNBytes(MAX_ERROR), StandardCharsets.UTF_8)));
            }
            reader.read(in);
        } catch (RegistryException e) {
            throw e;
        } catch (java.nio.channels.ClosedByInterruptException e) {
            throw new CancelledException("cancelled while trying to " + action, e);
        } catch (IOException e) {
            throw new UnreachableException("tried to " + action + ", but failed: " + e.getMessage(), e);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the answer broke off");
            }
            if (line.length() > MAX_LINE) {
                throw new IOException("the answer has a line without an end");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
