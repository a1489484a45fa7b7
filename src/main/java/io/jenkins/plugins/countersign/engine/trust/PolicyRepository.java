package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Policies as artifacts of a repository of their own: one manifest each, tagged {@code v<version>}, the newest also
 * {@code latest}. The repository needs no protection beyond write access for availability: what is in it is believed by its
 * signatures alone.
 */
public final class PolicyRepository implements PolicySource {

    public static final String ARTIFACT_TYPE = "application/vnd.jenkins.countersign.policy.v1";

    private static final Pattern VERSION_TAG = Pattern.compile("v([1-9][0-9]{0,17})");
    private static final String LATEST = "latest";
    private static final byte[] EMPTY_CONFIG = "{}".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_MANIFEST = 64 * 1024;
    private static final int MAX_CHAIN = 256;

    private final Repository repository;

    public PolicyRepository(Repository repository) {
        this.repository = repository;
    }

    @Override
    public String name() {
        return repository.name();
    }

    /** Uploads the policy and tags it. Pushing the same one again changes nothing. */
    public Digest push(SignedPolicy signed) throws IOException, PolicyException {
        String versionTag = "v" + signed.policy().version();
        byte[] content = signed.envelope().toBytes();
        Descriptor config = Descriptor.of(MediaTypes.OCI_EMPTY, EMPTY_CONFIG);
        Descriptor layer = Descriptor.of(SignatureTypes.DSSE, content);
        ObjectNode json = StrictJson.object();
        json.put("schemaVersion", 2);
        json.put("mediaType", MediaTypes.OCI_MANIFEST);
        json.put("artifactType", ARTIFACT_TYPE);
        write(json.putObject("config"), config);
        write(json.putArray("layers").addObject(), layer);
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, StrictJson.write(json));
        Optional<Descriptor> before = repository.resolve(versionTag);
        if (before.isPresent() && !before.get().digest().equals(manifest.digest())) {
            SignedPolicy there = read(before.get().digest(), versionTag);
            if (!there.policy().digest().equals(signed.policy().digest())) {
                throw new PolicyException(
                        Reason.OTHER_THAN_SEEN,
                        name() + ":" + versionTag + " is another policy of the same version; raise the version");
            }
        }
        repository.pushBlob(config, Repository.ContentSource.of(EMPTY_CONFIG));
        repository.pushBlob(layer, Repository.ContentSource.of(content));
        repository.pushManifest(manifest);
        repository.tag(manifest.digest(), versionTag);
        if (highestTagged() <= signed.policy().version()) {
            repository.tag(manifest.digest(), LATEST);
        }
        return manifest.digest();
    }

    private static void write(ObjectNode json, Descriptor descriptor) {
        json.put("mediaType", descriptor.mediaType());
        json.put("digest", descriptor.digest().toString());
        json.put("size", descriptor.size());
    }

    /**
     * All versions, the newest found by the tags as well as by {@code latest}: moving {@code latest} back alone hides nothing.
     */
    @Override
    public List<SignedPolicy> documents() throws IOException, PolicyException {
        List<Long> versions = new ArrayList<>(versions());
        versions.sort(Comparator.reverseOrder());
        List<SignedPolicy> documents = new ArrayList<>();
        for (long version : versions.subList(0, Math.min(versions.size(), MAX_CHAIN))) {
            String tag = "v" + version;
            Optional<Descriptor> found = repository.resolve(tag);
            if (found.isPresent()) {
                documents.add(read(found.get().digest(), tag));
            }
        }
        Optional<Descriptor> latest = repository.resolve(LATEST);
        if (latest.isPresent()) {
            SignedPolicy newest = read(latest.get().digest(), LATEST);
            if (documents.stream()
                    .noneMatch(d -> d.policy().digest().equals(newest.policy().digest()))) {
                documents.add(newest);
            }
        }
        return documents;
    }

    private List<Long> versions() throws IOException {
        List<Long> versions = new ArrayList<>();
        for (String tag : repository.tags()) {
            var matcher = VERSION_TAG.matcher(tag);
            if (matcher.matches()) {
                versions.add(Long.parseLong(matcher.group(1)));
            }
        }
        return versions;
    }

    private long highestTagged() throws IOException {
        return versions().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private SignedPolicy read(Digest digest, String tag) throws IOException, PolicyException {
        String where = name() + ":" + tag;
        Manifest manifest = repository
                .manifest(digest)
                .orElseThrow(() -> new PolicyException(Reason.NOT_FOUND, where + " points at a manifest that is gone"));
        JsonNode json;
        try {
            json = StrictJson.readObject(manifest.content(), MAX_MANIFEST);
        } catch (IOException e) {
            throw new PolicyException(Reason.MALFORMED, where + " is not a manifest: " + e.getMessage(), e);
        }
        JsonNode layers = json.path("layers");
        if (!json.path("artifactType").asText().equals(ARTIFACT_TYPE) || layers.size() != 1) {
            throw new PolicyException(
                    Reason.MALFORMED, where + " is not a trust policy: expected the artifact type " + ARTIFACT_TYPE);
        }
        JsonNode layer = layers.get(0);
        String layerDigest = layer.path("digest").asText();
        long size = layer.path("size").asLong(-1);
        if (!Digest.isDigest(layerDigest) || size < 0 || size > DsseEnvelope.MAX_LENGTH) {
            throw new PolicyException(Reason.MALFORMED, where + " has a layer that cannot be read");
        }
        try (InputStream in =
                repository.openBlob(new Descriptor(SignatureTypes.DSSE, Digest.parse(layerDigest), size))) {
            return SignedPolicy.of(DsseEnvelope.read(in.readAllBytes()));
        } catch (VerificationException e) {
            throw new PolicyException(Reason.MALFORMED, where + " is not a signed policy: " + e.getMessage(), e);
        }
    }
}
