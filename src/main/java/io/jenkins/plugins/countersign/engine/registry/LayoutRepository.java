package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A repository in a folder. Written by any number of threads and processes at once: content goes to a temporary file, is
 * checked, and renamed; the index is changed under a lock and replaced in one step, so a reader needs no lock and a killed
 * writer leaves nothing half done.
 *
 * <p>Source: OCI image layout specification, image-layout.md. Manifests with a subject get an entry without a name in
 * {@code index.json}, as oras writes them; that is how referrers are found.
 */
public final class LayoutRepository implements Repository, RawContent {

    private static final String REF_NAME = LayoutIndex.REF_NAME;
    private static final int MAX_INDEX_BYTES = 32 << 20;

    private final Path folder;
    private final Limits limits;

    private LayoutRepository(Path folder, Limits limits) {
        this.folder = folder;
        this.limits = limits;
    }

    /** Opens the folder; it is made by the first write. */
    public static LayoutRepository at(Path folder) {
        return at(folder, Limits.DEFAULT);
    }

    static LayoutRepository at(Path folder, Limits limits) {
        return new LayoutRepository(folder, limits);
    }

    @Override
    public String name() {
        return ImageLocation.LAYOUT + folder;
    }

    public Path folder() {
        return folder;
    }

    @Override
    public Optional<Descriptor> resolve(String tag) throws RegistryException {
        List<Descriptor> found = new ArrayList<>();
        for (Descriptor entry : entries()) {
            if (tag.equals(entry.annotations().get(REF_NAME))
                    && found.stream().noneMatch(other -> other.digest().equals(entry.digest()))) {
                found.add(entry);
            }
        }
        if (found.size() > 1) {
            throw new MalformedManifestException(
                    "index.json of " + name() + " gives the tag \"" + tag + "\" to " + found.size() + " manifests: "
                            + found.stream().map(Descriptor::digest).toList());
        }
        return found.stream().findFirst().map(d -> new Descriptor(d.mediaType(), d.digest(), d.size()));
    }

    @Override
    public Optional<Manifest> manifest(Digest digest) throws RegistryException {
        Path file = blobFile(digest);
        byte[] content;
        try {
            if (Files.size(file) > limits.manifestBytes()) {
                throw new LimitExceededException("manifest " + digest + " in " + name() + " has " + Files.size(file)
                        + " bytes, at most " + limits.manifestBytes() + " are accepted");
            }
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read manifest " + digest, e);
        }
        if (!digest.matches(content)) {
            throw new DigestMismatchException(
                    "manifest in " + name(), digest, Digest.of(content).toString());
        }
        Optional<String> mediaType = mediaType(digest, content);
        return mediaType.map(type -> new Manifest(type, content));
    }

    /** As the index says, else as the content says: manifests below an index have no entry of their own. */
    private Optional<String> mediaType(Digest digest, byte[] content) throws RegistryException {
        for (Descriptor entry : entries()) {
            if (entry.digest().equals(digest) && MediaTypes.MANIFESTS.contains(entry.mediaType())) {
                return Optional.of(entry.mediaType());
            }
        }
        return mediaTypeInside(content);
    }

    /** What a manifest without a label is; empty when the content is no manifest. */
    static Optional<String> mediaTypeInside(byte[] content) {
        ObjectNode json;
        try {
            json = RegistryJson.read(content, "content");
        } catch (MalformedManifestException e) {
            return Optional.empty();
        }
        String inside = json.path("mediaType").asText("");
        if (!inside.isEmpty()) {
            return MediaTypes.MANIFESTS.contains(inside) ? Optional.of(inside) : Optional.empty();
        }
        if (json.path("schemaVersion").asInt() != 2) {
            return Optional.empty();
        }
        if (json.has("manifests")) {
            return Optional.of(MediaTypes.OCI_INDEX);
        }
        return json.has("config") ? Optional.of(MediaTypes.OCI_MANIFEST) : Optional.empty();
    }

    @Override
    public boolean hasBlob(Digest digest) {
        return Files.isRegularFile(blobFile(digest));
    }

    @Override
    public InputStream openBlob(Descriptor blob) throws RegistryException {
        return new VerifyingInputStream(openUnverified(blob, 0), blob, "blob " + blob.digest() + " in " + name());
    }

    @Override
    public InputStream openUnverified(Descriptor blob, long offset) throws RegistryException {
        try {
            InputStream in = Files.newInputStream(blobFile(blob.digest()));
            in.skipNBytes(offset);
            return in;
        } catch (NoSuchFileException e) {
            throw new NotFoundException("there is no blob " + blob.digest() + " in " + name());
        } catch (IOException e) {
            throw failed("read blob " + blob.digest(), e);
        }
    }

    @Override
    public Optional<FileRange> file(Descriptor blob) {
        Path file = blobFile(blob.digest());
        try {
            return Files.size(file) == blob.size() ? Optional.of(new FileRange(file, 0)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // whoever opens it tells why
        }
    }

    @Override
    public BlobArrival pushBlob(Descriptor blob, ContentSource source) throws RegistryException {
        try {
            Path file = blobFile(blob.digest());
            if (Files.isRegularFile(file) && Files.size(file) == blob.size()) {
                return BlobArrival.WAS_THERE;
            }
            prepare();
            Files.createDirectories(file.getParent());
            Path temporary = Files.createTempFile(file.getParent(), ".arriving-", "");
            try {
                try (InputStream in = new VerifyingInputStream(
                                source.open(), blob, "blob " + blob.digest() + " for " + name());
                        FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    byte[] buffer = new byte[1 << 18];
                    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                        write(out, ByteBuffer.wrap(buffer, 0, read));
                    }
                    out.force(true);
                }
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return BlobArrival.UPLOADED;
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw failed("write blob " + blob.digest(), e);
        }
    }

    @Override
    public void pushManifest(Manifest manifest) throws RegistryException {
        ManifestContent content = manifest.read();
        if (manifest.content().length > limits.manifestBytes()) {
            throw new LimitExceededException("manifest " + manifest.digest() + " has " + manifest.content().length
                    + " bytes, at most " + limits.manifestBytes() + " are accepted");
        }
        List<Descriptor> below = new ArrayList<>(content.blobs());
        below.addAll(content.manifests());
        for (Descriptor part : below) {
            if (!NonDistributable.is(part) && !hasBlob(part.digest())) {
                throw new NotFoundException("manifest " + manifest.digest() + " cannot be stored in " + name()
                        + ": it refers to " + part.digest() + ", which is not there");
            }
        }
        pushBlob(manifest.descriptor(), ContentSource.of(manifest.content()));
        if (content.subject().isPresent()) {
            ObjectNode entry = ManifestContent.json(content.asReferrer(manifest));
            changeIndex("list " + manifest.digest() + " in index.json", entries -> {
                for (JsonNode existing : entries) {
                    if (existing.path("digest")
                                    .asText()
                                    .equals(manifest.digest().toString())
                            && !existing.path("annotations").has(REF_NAME)) {
                        return;
                    }
                }
                entries.add(entry);
            });
        }
    }

    @Override
    public void tag(Digest digest, String tag) throws RegistryException {
        if (!ImageReference.isTag(tag)) {
            throw new RegistryException("not a tag: \"" + tag + "\"");
        }
        Manifest manifest = manifest(digest)
                .orElseThrow(() -> new NotFoundException("cannot give the tag \"" + tag + "\" to " + digest
                        + ": there is no such manifest in " + name()));
        Descriptor descriptor = manifest.descriptor();
        ObjectNode entry = ManifestContent.json(new Descriptor(
                descriptor.mediaType(), descriptor.digest(), descriptor.size(), "", Map.of(REF_NAME, tag), null));
        changeIndex("give the tag \"" + tag + "\" to " + digest, entries -> {
            for (int i = entries.size() - 1; i >= 0; i--) {
                if (entries.get(i).path("annotations").path(REF_NAME).asText().equals(tag)) {
                    entries.remove(i);
                }
            }
            entries.add(entry);
        });
    }

    @Override
    public List<String> tags() throws RegistryException {
        TreeSet<String> tags = new TreeSet<>();
        for (Descriptor entry : entries()) {
            String tag = entry.annotations().get(REF_NAME);
            if (tag != null) {
                tags.add(tag);
            }
        }
        return List.copyOf(tags);
    }

    @Override
    public List<Descriptor> referrers(Digest subject) throws RegistryException {
        Map<Digest, Descriptor> found = new LinkedHashMap<>();
        for (Descriptor entry : entries()) {
            if (!MediaTypes.MANIFESTS.contains(entry.mediaType())) {
                continue;
            }
            Manifest manifest = manifest(entry.digest())
                    .orElseThrow(() -> new NotFoundException(
                            "index.json of " + name() + " lists " + entry.digest() + ", which is not there"));
            ManifestContent content = manifest.read();
            if (content.subject().filter(s -> s.digest().equals(subject)).isPresent()) {
                found.put(entry.digest(), content.asReferrer(manifest));
            }
        }
        Optional<Descriptor> fallback = resolve(FallbackTag.of(subject));
        if (fallback.isPresent()) {
            Manifest index = manifest(fallback.get().digest())
                    .orElseThrow(() -> new NotFoundException(
                            "the list of referrers " + fallback.get().digest() + " is not in " + name()));
            index.read().manifests().forEach(entry -> found.putIfAbsent(entry.digest(), entry));
        }
        if (found.size() > limits.referrers()) {
            throw new LimitExceededException(subject + " has " + found.size() + " referrers in " + name() + ", at most "
                    + limits.referrers() + " are accepted");
        }
        return List.copyOf(found.values());
    }

    @Override
    public void attach(Manifest artifact) throws RegistryException {
        if (artifact.read().subject().isEmpty()) {
            throw new MalformedManifestException(
                    "manifest " + artifact.digest() + " has no subject, so it can be attached to nothing");
        }
        pushManifest(artifact);
    }

    private Path blobFile(Digest digest) {
        return folder.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }

    private List<Descriptor> entries() throws RegistryException {
        Optional<ObjectNode> index = index();
        return index.isEmpty()
                ? List.of()
                : ManifestContent.descriptors(index.get(), "manifests", "index.json of " + name());
    }

    private Optional<ObjectNode> index() throws RegistryException {
        Path file = folder.resolve("index.json");
        try {
            if (Files.size(file) > MAX_INDEX_BYTES) {
                throw new LimitExceededException("index.json of " + name() + " has " + Files.size(file)
                        + " bytes, at most " + MAX_INDEX_BYTES + " are accepted");
            }
            return Optional.of(RegistryJson.read(Files.readAllBytes(file), "index.json of " + name()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read index.json", e);
        }
    }

    private interface IndexChange {
        void apply(ArrayNode entries);
    }

    /** Entries are changed as JSON, so that what others wrote into them is kept. */
    private void changeIndex(String what, IndexChange change) throws RegistryException {
        try {
            prepare();
            try (LayoutLock lock = LayoutLock.of(folder)) {
                ObjectNode index = index().orElseGet(() -> {
                    ObjectNode fresh = StrictJson.object();
                    fresh.put("schemaVersion", 2);
                    fresh.put("mediaType", MediaTypes.OCI_INDEX);
                    return fresh;
                });
                ArrayNode entries = index.withArray("manifests");
                change.apply(entries);
                replace("index.json", StrictJson.write(index));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while waiting to " + what + " in " + name(), e);
        } catch (IOException e) {
            throw failed(what, e);
        }
    }

    private void prepare() throws IOException {
        Files.createDirectories(folder);
        if (!Files.exists(folder.resolve("oci-layout"))) {
            replace("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
        }
    }

    private void replace(String name, byte[] content) throws IOException {
        Path temporary = Files.createTempFile(folder, "." + name, "");
        try {
            try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                write(out, ByteBuffer.wrap(content));
                out.force(true);
            }
            Files.move(
                    temporary,
                    folder.resolve(name),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void write(FileChannel out, ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            out.write(content);
        }
    }

    private RegistryException failed(String what, IOException e) {
        if (e instanceof RegistryException already) {
            return already;
        }
        if (e instanceof ClosedByInterruptException) {
            return new CancelledException("cancelled: " + what + " in " + name(), e);
        }
        return new RegistryException("tried to " + what + " in " + name() + ", but failed: " + e, e);
    }
}
