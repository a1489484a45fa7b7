package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An image of a Docker daemon that this process has pushed before: its manifest and config are known, and the rest, for which
 * the daemon takes long, is asked for only when somebody wants it. An image's id is the digest of its config, which names all
 * of its content.
 */
final class DaemonImage implements ImageContent, RawContent, AutoCloseable {

    private static final int MAX_KNOWN = 200;
    private static final int MAX_CONFIG = 256 << 10;

    private static final Map<String, Known> KNOWN = Collections.synchronizedMap(new Latest());

    private record Known(Manifest manifest, Descriptor descriptor, byte[] config) {}

    private static final class Latest extends LinkedHashMap<String, Known> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MAX_KNOWN;
        }
    }

    /** Asks the daemon for it all. */
    interface Saving {
        ImageSource save() throws RegistryException;
    }

    private final String name;
    private final Known known;
    private final Saving saving;
    private ImageSource savedOrNull;

    private DaemonImage(String name, Known known, Saving saving) {
        this.name = name;
        this.known = known;
        this.saving = saving;
    }

    /** @param id as the daemon says it */
    static Optional<DaemonImage> known(String id, String name, Saving saving) {
        return Optional.ofNullable(KNOWN.get(id)).map(known -> new DaemonImage(name, known, saving));
    }

    /** Remembers what was saved, if it is just that image: a name may have moved since. */
    static void remember(String id, ImageSource saved) throws RegistryException {
        Manifest manifest = saved.content().manifest(saved.digest()).orElseThrow();
        Descriptor config = manifest.read().configOrNull();
        if (config == null || !config.digest().toString().equals(id) || config.size() > MAX_CONFIG) {
            return;
        }
        try (InputStream in = saved.content().openBlob(config)) {
            KNOWN.put(id, new Known(manifest, config, in.readAllBytes()));
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new ArchiveException("tried to read the config of " + saved.name() + ", but failed: " + e, e);
        }
    }

    Digest digest() {
        return known.manifest().digest();
    }

    private synchronized ImageSource whole() throws RegistryException {
        if (savedOrNull == null) {
            ImageSource saved = saving.save();
            if (!saved.digest().equals(digest())) {
                saved.close();
                throw new DigestMismatchException(
                        name + ", asked for once more", digest(), saved.digest().toString());
            }
            savedOrNull = saved;
        }
        return savedOrNull;
    }

    private ArchiveContent archive() throws RegistryException {
        return (ArchiveContent) whole().content();
    }

    private boolean isConfig(Descriptor blob) {
        return blob.digest().equals(known.descriptor().digest());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<Manifest> manifest(Digest digest) throws RegistryException {
        return digest.equals(digest())
                ? Optional.of(known.manifest())
                : whole().content().manifest(digest);
    }

    @Override
    public InputStream openBlob(Descriptor blob) throws RegistryException {
        return new VerifyingInputStream(openUnverified(blob, 0), blob, "blob " + blob.digest() + " in " + name);
    }

    @Override
    public InputStream openUnverified(Descriptor blob, long offset) throws RegistryException {
        if (isConfig(blob)) {
            int from = (int) Math.min(offset, known.config().length);
            return new ByteArrayInputStream(known.config(), from, known.config().length - from);
        }
        return archive().openUnverified(blob, offset);
    }

    @Override
    public void prepare(Descriptor blob) throws RegistryException {
        if (!isConfig(blob)) {
            archive().prepare(blob);
        }
    }

    @Override
    public synchronized void close() {
        if (savedOrNull != null) {
            savedOrNull.close();
        }
    }
}
