package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * An image that can be pushed, wherever it is. Memory: the archive's table of contents, the manifests and some buffers,
 * whatever the image's size; what has to be unpacked or compressed first goes to temporary files, which {@link #close}
 * removes.
 */
public final class ImageSource implements AutoCloseable {

    private static final int MAX_INDEX = 32 << 20;

    private final ImageContent content;
    private final Digest digest;
    private final Spool spool;
    private final AutoCloseable opened;

    private ImageSource(ImageContent content, Digest digest, Spool spool, AutoCloseable opened) {
        this.content = content;
        this.digest = digest;
        this.spool = spool;
        this.opened = opened;
    }

    /** The same in this process' own environment. */
    public static ImageSource open(String location, RegistryAccess... accesses) throws RegistryException {
        return open(location, System.getenv(), accesses);
    }

    /**
     * Opens an image. Archives may be compressed with gzip.
     *
     * @param location one of
     *     <ul>
     *       <li>{@code docker-archive:file[:name]}: what {@code docker save}, {@code podman save}, {@code buildah push}
     *           and others write, of every age
     *       <li>{@code oci-archive:file[:tag]}: an OCI layout in a tar archive
     *       <li>{@code oci:folder[:tag][@digest]}: an OCI layout
     *       <li>{@code docker-daemon:name} or {@code docker-daemon:sha256:id}: an image of the daemon at {@code
     *           DOCKER_HOST} or {@code /var/run/docker.sock}
     *       <li>{@code [docker://]registry/repository[:tag][@digest]}
     *     </ul>
     * @param environment whose {@code DOCKER_HOST} says where the daemon is
     * @throws IllegalArgumentException if the location is none of these
     * @throws RegistryException if the image is not there, or is not whole
     */
    public static ImageSource open(String location, Map<String, String> environment, RegistryAccess... accesses)
            throws RegistryException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        int colon = location.indexOf(':');
        String kind = colon < 0 ? "" : location.substring(0, colon);
        String rest = location.substring(colon + 1);
        return switch (kind) {
            case "docker-archive", "oci-archive" -> archive(kind, rest, temporary);
            case "docker-daemon" -> daemon(rest, temporary, DockerDaemon.of(environment.get("DOCKER_HOST")));
            case "oci" -> layout(location);
            case "docker" -> registry(rest.startsWith("//") ? rest.substring(2) : location, accesses);
            default -> registry(location, accesses);
        };
    }

    private static ImageSource registry(String location, RegistryAccess... accesses) throws RegistryException {
        ImageLocation image = ImageLocation.parse(location);
        Repository repository = Repositories.open(image.repository(), accesses);
        return new ImageSource(repository, image.resolve(repository), null, repository);
    }

    private static ImageSource layout(String location) throws RegistryException {
        ImageLocation image = ImageLocation.parse(location);
        Repository repository = Repositories.open(image.repository());
        if (image.tagOrNull() != null || image.digestOrNull() != null) {
            return new ImageSource(repository, image.resolve(repository), null, repository);
        }
        Path index = Path.of(image.repository().substring(ImageLocation.LAYOUT.length()))
                .resolve("index.json");
        try {
            if (Files.size(index) > MAX_INDEX) {
                throw new LimitExceededException(
                        index + " has " + Files.size(index) + " bytes, at most " + MAX_INDEX + " are accepted");
            }
            Digest only = LayoutIndex.read(Files.readAllBytes(index), location)
                    .image((String) null)
                    .digest();
            return new ImageSource(repository, only, null, repository);
        } catch (NoSuchFileException e) {
            throw new NotFoundException("there is no OCI layout at " + location + ": it has no index.json");
        } catch (IOException e) {
            throw failed(location, e);
        }
    }

    static ImageSource daemon(String image, Path temporary, DockerDaemon daemon) throws RegistryException {
        String location = "docker-daemon:" + image;
        if (image.isEmpty()) {
            throw new IllegalArgumentException("no image in " + location);
        }
        Optional<String> id = daemon.id(image);
        Optional<DaemonImage> known =
                id.flatMap(one -> DaemonImage.known(one, location, () -> saved(location, one, temporary, daemon)));
        if (known.isPresent()) {
            return new ImageSource(known.get(), known.get().digest(), null, known.get());
        }
        ImageSource saved = saved(location, image, temporary, daemon);
        try {
            if (id.isPresent()) {
                DaemonImage.remember(id.get(), saved);
            }
            return saved;
        } catch (RegistryException e) {
            saved.close();
            throw e;
        }
    }

    private static ImageSource saved(String location, String image, Path temporary, DockerDaemon daemon)
            throws RegistryException {
        Spool spool = Spool.in(temporary);
        try {
            Path file = spool.file("saved.tar");
            daemon.save(image, file);
            return archive(location, file, null, spool);
        } catch (RegistryException | RuntimeException e) {
            spool.close();
            throw e;
        }
    }

    private static ImageSource archive(String kind, String rest, Path temporary) throws RegistryException {
        Path file = Path.of(rest);
        String name = null;
        if (!Files.exists(file)) {
            // the file's name ends at the first colon behind which the rest is a name: file:registry:5000/app:1
            int colon = rest.indexOf(':', rest.length() > 2 && rest.charAt(1) == ':' ? 2 : 0);
            if (colon > 0) {
                file = Path.of(rest.substring(0, colon));
                name = rest.substring(colon + 1);
            }
        }
        String location = kind + ":" + rest;
        if (rest.isEmpty() || !Files.isRegularFile(file)) {
            throw new NotFoundException("there is no archive " + file + " (expected " + kind + ":file[:name])");
        }
        Spool spool = Spool.in(temporary);
        try {
            return archive(location, isGzip(file) ? unzipped(file, spool) : file, name, spool);
        } catch (RegistryException | RuntimeException e) {
            spool.close();
            throw e;
        } catch (IOException e) {
            spool.close();
            throw failed(location, e);
        }
    }

    private static ImageSource archive(String location, Path file, String name, Spool spool) throws RegistryException {
        TarArchive archive = null;
        try {
            archive = TarArchive.open(file);
            ArchiveContent content = new ArchiveContent(location, archive, Limits.DEFAULT);
            byte[] index = archive.read("index.json", MAX_INDEX).orElse(null);
            Digest digest = index != null
                    ? LayoutIndex.read(index, location).image(name).digest()
                    : new DockerArchive(archive, content, spool.folder()).image(name);
            return new ImageSource(content, digest, spool, archive);
        } catch (IOException e) {
            closeQuietly(archive);
            throw failed(location, e);
        } catch (RuntimeException e) {
            closeQuietly(archive);
            throw e;
        }
    }

    private static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] magic = in.readNBytes(4);
            if (magic.length == 4
                    && magic[0] == 0x28
                    && magic[1] == (byte) 0xb5
                    && magic[2] == 0x2f
                    && magic[3] == (byte) 0xfd) {
                throw new ArchiveException(
                        file + " is compressed with zstd, expected a tar archive, plain or with gzip");
            }
            return magic.length >= 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
        }
    }

    private static Path unzipped(Path file, Spool spool) throws IOException {
        Path unzipped = spool.file("unzipped.tar");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
            Files.copy(in, unzipped);
        } catch (java.io.EOFException | java.util.zip.ZipException e) {
            throw new ArchiveException(file + " is not whole, it seems to be cut off: " + e.getMessage(), e);
        }
        return unzipped;
    }

    private static RegistryException failed(String location, IOException e) {
        if (e instanceof RegistryException already) {
            return already;
        }
        if (e instanceof ClosedByInterruptException) {
            return new CancelledException("cancelled while opening " + location, e);
        }
        return new ArchiveException("tried to open " + location + ", but failed: " + e, e);
    }

    public String name() {
        return content.name();
    }

    /** Where its manifests and blobs are read from. */
    public ImageContent content() {
        return content;
    }

    /** Of its manifest or index. */
    public Digest digest() {
        return digest;
    }

    @Override
    public void close() {
        closeQuietly(opened);
        if (spool != null) {
            spool.close();
        }
    }

    private static void closeQuietly(AutoCloseable some) {
        try {
            if (some != null) {
                some.close();
            }
        } catch (Exception e) {
            // it was only read
        }
    }

    /** A folder of temporary files. */
    private record Spool(Path folder) {

        static Spool in(Path temporary) throws RegistryException {
            try {
                return new Spool(Files.createTempDirectory(temporary, "countersign-image"));
            } catch (IOException e) {
                throw new RegistryException(
                        "no temporary folder can be made in " + temporary + ": " + e.getMessage(), e);
            }
        }

        Path file(String name) {
            return folder.resolve(name);
        }

        void close() {
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
                for (Path file : all) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                folder.toFile().deleteOnExit();
            }
        }
    }
}
