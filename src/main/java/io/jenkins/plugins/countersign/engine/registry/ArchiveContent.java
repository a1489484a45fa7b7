package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What lies in a tar archive: under {@code blobs/} as in a layout, or wherever an older form put it. */
final class ArchiveContent implements ImageContent, RawContent {

    /** Makes a file that holds a blob, when it is wanted. */
    interface FileMaker {
        Path make() throws IOException;
    }

    private interface Piece {
        InputStream open(long offset) throws IOException;

        default void prepare() throws IOException {}
    }

    private final String name;
    private final TarArchive archive;
    private final Limits limits;
    private final Map<Digest, Manifest> manifests = new HashMap<>();
    private final Map<Digest, Piece> pieces = new HashMap<>();
    private final Map<Digest, TarArchive.Entry> entries = new HashMap<>();

    ArchiveContent(String name, TarArchive archive, Limits limits) {
        this.name = name;
        this.archive = archive;
        this.limits = limits;
    }

    void put(Manifest manifest) {
        manifests.put(manifest.digest(), manifest);
    }

    void put(Digest digest, TarArchive.Entry entry) {
        pieces.put(digest, offset -> archive.open(entry, offset));
        entries.put(digest, entry);
    }

    void put(Digest digest, FileMaker maker) {
        entries.remove(digest);
        pieces.put(digest, new MadePiece(maker));
    }

    private static final class MadePiece implements Piece {

        private final FileMaker maker;
        private Path file;

        MadePiece(FileMaker maker) {
            this.maker = maker;
        }

        @Override
        public InputStream open(long offset) throws IOException {
            InputStream in = Files.newInputStream(made());
            in.skipNBytes(offset);
            return in;
        }

        @Override
        public void prepare() throws IOException {
            made();
        }

        private synchronized Path made() throws IOException {
            if (file == null) {
                file = maker.make();
            }
            return file;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<Manifest> manifest(Digest digest) throws RegistryException {
        if (manifests.containsKey(digest)) {
            return Optional.of(manifests.get(digest));
        }
        try {
            Optional<byte[]> content = archive.read(blobName(digest), limits.manifestBytes());
            if (content.isEmpty()) {
                return Optional.empty();
            }
            if (!digest.matches(content.get())) {
                throw new DigestMismatchException(
                        "manifest in " + name, digest, Digest.of(content.get()).toString());
            }
            return LayoutRepository.mediaTypeInside(content.get()).map(type -> new Manifest(type, content.get()));
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new ArchiveException("tried to read manifest " + digest + " in " + name + ", but failed: " + e, e);
        }
    }

    @Override
    public InputStream openBlob(Descriptor blob) throws RegistryException {
        return new VerifyingInputStream(openUnverified(blob, 0), blob, "blob " + blob.digest() + " in " + name);
    }

    @Override
    public InputStream openUnverified(Descriptor blob, long offset) throws RegistryException {
        try {
            Piece piece = pieces.get(blob.digest());
            if (piece != null) {
                return piece.open(offset);
            }
            TarArchive.Entry entry = archive.entry(blobName(blob.digest()))
                    .orElseThrow(() -> new NotFoundException("there is no blob " + blob.digest() + " in " + name));
            return archive.open(entry, offset);
        } catch (IOException e) {
            throw unreadable(blob, e);
        }
    }

    private RegistryException unreadable(Descriptor blob, IOException e) {
        return e instanceof RegistryException already
                ? already
                : new ArchiveException("tried to read blob " + blob.digest() + " in " + name + ", but failed: " + e, e);
    }

    @Override
    public void prepare(Descriptor blob) throws RegistryException {
        Piece piece = pieces.get(blob.digest());
        try {
            if (piece != null) {
                piece.prepare();
            }
        } catch (IOException e) {
            throw unreadable(blob, e);
        }
    }

    @Override
    public Optional<FileRange> file(Descriptor blob) {
        Optional<TarArchive.Entry> entry = pieces.containsKey(blob.digest())
                ? Optional.ofNullable(entries.get(blob.digest()))
                : archive.entry(blobName(blob.digest()));
        return entry.filter(found -> found.size() == blob.size())
                .map(found -> new FileRange(archive.file(), found.offset()));
    }

    private static String blobName(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }
}
