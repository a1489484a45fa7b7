package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The form of {@code docker save} before version 25, which others still write: {@code manifest.json} names a config and the
 * layers, mostly uncompressed, and there is no manifest. One is made here; uncompressed layers are compressed to temporary
 * files first, as every client does, several at a time; what they became before in this process, only when a registry wants
 * them. Each layer is compared with the config's list of them.
 *
 * <p>Source: moby, image/spec/spec.md (v1.2).
 */
final class DockerArchive {

    static final String LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /** Near the smallest size for a fraction of the time: a registry keeps it long, but a build waits for it. */
    private static final int GZIP_LEVEL = 4;

    private static final int MAX_JSON = 4 << 20;
    private static final int BUFFER = 1 << 16;

    private static final CompressedLayers MADE = CompressedLayers.OF_THIS_PROCESS;

    private final TarArchive archive;
    private final ArchiveContent content;
    private final Path spool;

    DockerArchive(TarArchive archive, ArchiveContent content, Path spool) {
        this.archive = archive;
        this.content = content;
        this.spool = spool;
    }

    /** @return the digest of the manifest that was made and put into the content */
    Digest image(String nameOrNull) throws IOException {
        JsonNode image = find(nameOrNull);
        String configName = image.path("Config").asText();
        byte[] config = archive.read(configName, MAX_JSON)
                .orElseThrow(() -> new ArchiveException("the config " + RegistryErrors.clean(configName)
                        + ", which manifest.json names, is not in " + content.name()));
        Descriptor configDescriptor = Descriptor.of(MediaTypes.DOCKER_CONFIG, config);
        content.put(configDescriptor.digest(), entry(configName));
        List<Descriptor> layers =
                layers(image, new ImageConfig(RegistryJson.read(config, "config of " + content.name())).diffIds());
        Manifest manifest = new ManifestContent(
                        MediaTypes.DOCKER_MANIFEST, "", configDescriptor, layers, List.of(), null, Map.of())
                .toManifest();
        content.put(manifest);
        return manifest.digest();
    }

    private JsonNode find(String nameOrNull) throws IOException {
        byte[] json = archive.read("manifest.json", MAX_JSON)
                .orElseThrow(() -> new ArchiveException(content.name()
                        + " has neither manifest.json nor an OCI layout: it is not an archive of an image"));
        // the file is a list; the strict reader takes objects
        byte[] wrapped =
                ("{\"images\":" + new String(json, StandardCharsets.UTF_8) + "}").getBytes(StandardCharsets.UTF_8);
        JsonNode images =
                RegistryJson.read(wrapped, "manifest.json of " + content.name()).path("images");
        List<JsonNode> found = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (JsonNode image : images) {
            boolean named = false;
            for (JsonNode tag : image.path("RepoTags")) {
                names.add(RegistryErrors.clean(tag.asText()));
                named |= nameOrNull != null && LayoutIndex.sameImage(nameOrNull, tag.asText());
            }
            if (nameOrNull == null || named) {
                found.add(image);
            }
        }
        if (found.size() != 1) {
            throw new ArchiveException("there " + (found.isEmpty() ? "is no image" : "are " + found.size() + " images")
                    + (nameOrNull == null ? "" : " of the name \"" + RegistryErrors.clean(nameOrNull) + "\"") + " in "
                    + content.name() + (found.isEmpty() ? "" : ", say which") + "; there is: " + names);
        }
        return found.get(0);
    }

    private List<Descriptor> layers(JsonNode image, List<String> diffIds) throws IOException {
        List<String> names = new ArrayList<>();
        image.path("Layers").forEach(name -> names.add(name.asText()));
        if (names.size() != diffIds.size()) {
            throw new ArchiveException("manifest.json of " + content.name() + " names " + names.size()
                    + " layers, its config " + diffIds.size());
        }
        ExecutorService threads =
                Executors.newFixedThreadPool(Math.max(1, Runtime.getRuntime().availableProcessors()));
        try {
            Map<String, Future<Descriptor>> compressing = new HashMap<>();
            for (int i = 0; i < names.size(); i++) {
                TarArchive.Entry entry = entry(names.get(i));
                String diffId = diffIds.get(i);
                Callable<Descriptor> task = () -> layer(entry, diffId);
                compressing.computeIfAbsent(diffId, ignored -> threads.submit(task));
            }
            List<Descriptor> layers = new ArrayList<>();
            for (String diffId : diffIds) {
                layers.add(compressing.get(diffId).get());
            }
            return layers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while reading " + content.name(), e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private Descriptor layer(TarArchive.Entry entry, String diffId) throws IOException {
        return isGzip(entry) ? asItIs(entry, diffId) : compressed(entry, diffId);
    }

    private Descriptor asItIs(TarArchive.Entry entry, String diffId) throws IOException {
        MessageDigest uncompressed = Digest.sha256();
        MessageDigest stored = Digest.sha256();
        try (InputStream in = new DigestInputStream(archive.open(entry, 0), stored);
                InputStream unzipped = new GZIPInputStream(in, BUFFER)) {
            pump(unzipped, uncompressed, OutputStream.nullOutputStream());
            in.transferTo(OutputStream.nullOutputStream());
        }
        verify(uncompressed, diffId);
        Descriptor descriptor = new Descriptor(LAYER_GZIP, Digest.ofSha256Value(stored.digest()), entry.size());
        synchronized (content) {
            content.put(descriptor.digest(), entry);
        }
        return descriptor;
    }

    private Descriptor compressed(TarArchive.Entry entry, String diffId) throws IOException {
        Descriptor before = MADE.of(diffId).orElse(null);
        if (before == null) {
            Compressed made = compress(entry, diffId);
            MADE.remember(diffId, made.descriptor());
            put(made.descriptor().digest(), made::file);
            return made.descriptor();
        }
        MessageDigest uncompressed = Digest.sha256();
        try (InputStream in = archive.open(entry, 0)) {
            pump(in, uncompressed, OutputStream.nullOutputStream());
        }
        verify(uncompressed, diffId);
        put(before.digest(), () -> compress(entry, diffId).file());
        return before;
    }

    private void put(Digest digest, ArchiveContent.FileMaker maker) {
        synchronized (content) {
            content.put(digest, maker);
        }
    }

    private record Compressed(Path file, Descriptor descriptor) {}

    private Compressed compress(TarArchive.Entry entry, String diffId) throws IOException {
        MessageDigest uncompressed = Digest.sha256();
        MessageDigest stored = Digest.sha256();
        Path file = Files.createTempFile(spool, "layer", ".tar.gz");
        try (InputStream in = archive.open(entry, 0);
                OutputStream out = new Gzip(new DigestOutputStream(Files.newOutputStream(file), stored))) {
            pump(in, uncompressed, out);
        }
        verify(uncompressed, diffId);
        return new Compressed(
                file, new Descriptor(LAYER_GZIP, Digest.ofSha256Value(stored.digest()), Files.size(file)));
    }

    private void verify(MessageDigest uncompressed, String diffId) throws ArchiveException {
        Digest found = Digest.ofSha256Value(uncompressed.digest());
        if (!found.toString().equals(diffId)) {
            throw new ArchiveException("a layer in " + content.name()
                    + " has other content than the config says: expected " + RegistryErrors.clean(diffId) + ", found "
                    + found);
        }
    }

    private static void pump(InputStream in, MessageDigest digest, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        // Whole pieces: how a layer is cut decides what it becomes.
        for (int read = in.readNBytes(buffer, 0, BUFFER); read > 0; read = in.readNBytes(buffer, 0, BUFFER)) {
            digest.update(buffer, 0, read);
            out.write(buffer, 0, read);
            if (Thread.currentThread().isInterrupted()) {
                throw new CancelledException("cancelled while reading a layer", null);
            }
        }
    }

    private boolean isGzip(TarArchive.Entry entry) throws IOException {
        byte[] magic = archive.open(entry, 0).readNBytes(2);
        return magic.length == 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
    }

    private TarArchive.Entry entry(String name) throws ArchiveException {
        return archive.entry(name)
                .orElseThrow(() -> new ArchiveException(
                        RegistryErrors.clean(name) + ", which manifest.json names, is not in " + content.name()));
    }

    /** Compresses what is given to it at once, or leaves it as it is where nothing is to be won, as in jars and images. */
    static final class Gzip extends GZIPOutputStream {

        /** Of 8 bits a byte. Machine code has some 6, what is compressed already more than 7.98. */
        private static final double DENSE = 7.95;

        private boolean dense;

        Gzip(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(GZIP_LEVEL);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            boolean now = entropy(bytes, offset, length) > DENSE;
            if (now != dense) {
                dense = now;
                def.setLevel(dense ? Deflater.NO_COMPRESSION : GZIP_LEVEL);
                // zlib applies the level before to what it was given at once with the new one: so without anything
                deflate();
            }
            super.write(bytes, offset, length);
        }

        /** In bits for a byte, each for itself. */
        private static double entropy(byte[] bytes, int offset, int length) {
            int[] counts = new int[256];
            for (int i = offset; i < offset + length; i++) {
                counts[bytes[i] & 0xff]++;
            }
            double bits = 0;
            for (int count : counts) {
                if (count > 0) {
                    bits -= count * Math.log((double) count / length);
                }
            }
            return bits / Math.log(2) / length;
        }
    }
}
