package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes signatures next to an image and finds all that are there. Nothing is verified here: {@link Verifier} does that.
 *
 * <p>Sources: sigstore/cosign, {@code specs/BUNDLE_SPEC.md}, {@code specs/SIGNATURE_SPEC.md}, {@code pkg/oci/remote/write.go};
 * OCI image specification, manifest.md, "Guidelines for Artifact Usage".
 */
public final class SignatureStore {

    /** More things next to one image than this are an attack or an accident: {@link #collect} throws. */
    public static final int MAX_REFERRERS = 2048;
    /** cosign's own limit of layers behind a {@code .sig} tag. */
    public static final int MAX_LAYERS = 1000;
    /** Longer content is found, and not read: its signature is refused as too large. A longer record makes collecting fail. */
    public static final int MAX_CONTENT = 4 * 1024 * 1024;
    /** Everything that is read next to one image and its platforms together, with the manifests that are kept for it. */
    public static final long MAX_TOTAL = 128L * 1024 * 1024;

    static final String SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
    private static final String CREATED = "org.opencontainers.image.created";
    private static final byte[] EMPTY = {'{', '}'};

    private final Repository repository;

    public SignatureStore(Repository repository) {
        this.repository = repository;
    }

    /**
     * Attaches a bundle as a referrer, and warns whoever watches the repository when it is the first one and hides older {@code
     * .sig} signatures.
     *
     * @param image what it is attached to: never an attestation manifest
     * @param created for the manifest's annotation; to the second
     * @return the digest of the manifest that holds it
     */
    public Digest attachBundle(Descriptor image, SigstoreBundle bundle, String predicateType, Instant created)
            throws RegistryException {
        if (firstBundleHidesOlderSignatures(image.digest())) {
            repository.warn(
                    image.digest() + " in " + repository.name() + " has .sig signatures and no bundle yet; cosign 3"
                            + " stops reading the .sig signatures once this bundle is there. Whoever relies on them signs again,"
                            + " in both formats.");
        }
        Map<String, String> annotations = new TreeMap<>();
        annotations.put("dev.sigstore.bundle.content", "dsse-envelope");
        annotations.put("dev.sigstore.bundle.predicateType", predicateType);
        return attach(
                image, SignatureTypes.BUNDLE_V03, SignatureTypes.BUNDLE_V03, bundle.toBytes(), annotations, created);
    }

    /**
     * Attaches one of our records. Its envelope must have the payload type {@link SignatureTypes#RECORD}, which no verifier of
     * images takes for a statement about one.
     */
    public Digest attachRecord(Descriptor image, DsseEnvelope record, Instant created) throws RegistryException {
        if (!record.payloadType().equals(SignatureTypes.RECORD)) {
            throw new IllegalArgumentException(
                    "a record has the payload type " + SignatureTypes.RECORD + ", not " + record.payloadType());
        }
        return attach(image, SignatureTypes.RECORD, SignatureTypes.RECORD, record.toBytes(), Map.of(), created);
    }

    /**
     * Signs the image's descriptor as the Notary Project does, in a JWS envelope, and attaches that. The key must have a
     * certificate for code signing, or notation refuses it.
     *
     * @param expiry when the signature ends by itself; null for never
     */
    public Digest attachNotation(Descriptor image, Signer signer, Instant created, Instant expiry)
            throws RegistryException, KeyException {
        return attachNotation(
                image, NotationSignature.sign(image, signer, created, expiry), signer.certificates(), created);
    }

    Digest attachNotation(Descriptor image, byte[] envelope, List<X509Certificate> chain, Instant created)
            throws RegistryException, KeyException {
        return attach(
                image,
                SignatureTypes.NOTATION,
                SignatureTypes.JOSE,
                envelope,
                Map.of(NotationSignature.THUMBPRINTS, NotationSignature.thumbprints(chain)),
                created);
    }

    /** Attaches any artifact with one layer and the empty configuration. */
    public Digest attach(
            Descriptor image,
            String artifactType,
            String layerType,
            byte[] content,
            Map<String, String> annotations,
            Instant created)
            throws RegistryException {
        if (content.length > MAX_CONTENT) {
            throw new RegistryException("a statement of " + content.length + " bytes is not attached, at most "
                    + MAX_CONTENT + " are read back");
        }
        Descriptor layer = push(layerType, content);
        Descriptor config = push(MediaTypes.OCI_EMPTY, EMPTY);
        ObjectNode json = StrictJson.object();
        json.put("schemaVersion", 2);
        json.put("mediaType", MediaTypes.OCI_MANIFEST);
        json.put("artifactType", artifactType);
        json.set("config", ManifestJson.json(config));
        json.putArray("layers").add(ManifestJson.json(layer));
        json.set("subject", ManifestJson.json(new Descriptor(image.mediaType(), image.digest(), image.size())));
        ObjectNode all = json.putObject("annotations");
        Map<String, String> sorted = new TreeMap<>(annotations);
        sorted.put(CREATED, created.truncatedTo(ChronoUnit.SECONDS).toString());
        sorted.forEach(all::put);
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, StrictJson.write(json));
        repository.attach(manifest);
        return manifest.digest();
    }

    /**
     * Adds a signature to the tag {@code sha256-….sig}, keeping those that are there. Read, merged, written, and read back
     * until it is there: the tag has no lock.
     *
     * @param image the image's digest
     * @param payload of {@link SimpleSigning}, as it was signed
     */
    public void addSimpleSignature(Digest image, byte[] payload, byte[] signature) throws RegistryException {
        new LayerTag(repository, image, ".sig")
                .add(
                        SignatureTypes.SIMPLE_SIGNING,
                        payload,
                        Map.of(SIGNATURE_ANNOTATION, Base64.getEncoder().encodeToString(signature)));
    }

    /**
     * Whether a first bundle would make cosign 3 stop reading the {@code .sig} signatures of this image: it has some, and no
     * bundle yet (formats.md A4). Then say so before attaching one.
     */
    public boolean firstBundleHidesOlderSignatures(Digest image) throws RegistryException {
        if (new LayerTag(repository, image, ".sig").read().isEmpty()) {
            return false;
        }
        List<FoundSignature> found = collect(image);
        return found.stream().anyMatch(signature -> signature.format() == SignatureFormat.SIMPLE_SIGNING)
                && found.stream().noneMatch(signature -> signature.format() == SignatureFormat.BUNDLE);
    }

    /**
     * Everything next to the image that says it is a signature, an attestation or one of our records, in every format that is
     * known. Other artifacts are left out.
     *
     * @return complete
     * @throws RegistryException if anything could not be read, or there is more than is read: unknown is never none
     */
    public List<FoundSignature> collect(Digest image) throws RegistryException {
        return collect(List.of(image)).get(0).complete();
    }

    /**
     * What lies next to each of several digests, in their order, as {@link #collect(Digest)} reads it; all of it at most {@link
     * #MAX_TOTAL} long together. Several things are read at a time.
     *
     * @throws RegistryException only if the thread is interrupted
     */
    public List<Collected> collect(List<Digest> digests) throws RegistryException {
        return Collector.collect(repository, digests);
    }

    private Descriptor push(String mediaType, byte[] content) throws RegistryException {
        Descriptor descriptor = Descriptor.of(mediaType, content);
        repository.pushBlob(descriptor, Repository.ContentSource.of(content));
        return descriptor;
    }
}
