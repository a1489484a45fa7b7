package io.jenkins.plugins.countersign.goldenbase;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SimpleSigning;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A registry with golden images, people who may sign them, and a Jenkins that knows both. */
final class GoldenRegistry {

    static final String LOGIN = "registry-login";

    final DockerRegistry registry;
    final Map<String, SigningKey> keys = new LinkedHashMap<>();

    GoldenRegistry(DockerRegistry registry) throws Exception {
        this.registry = registry;
        for (String name : List.of("dana", "erin", "root", "gate")) {
            keys.put(name, KeyGenerator.generate(new SecureRandom()));
        }
    }

    String host() {
        return registry.host();
    }

    Repository open(String name) throws Exception {
        return Repositories.open(
                host() + "/" + name,
                RegistryAccess.of(host())
                        .withAuthorities(Files.readString(registry.authority()))
                        .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }

    /** An image of one layer of its own on another of the same registry, or on nothing. */
    Digest image(String name, String tag, String baseNameOrNull, Digest baseOrNull, String content) throws Exception {
        try (Repository repository = open(name)) {
            Digest digest;
            if (baseOrNull == null) {
                digest = DemoImage.build(null, null, Map.of(name, content), repository);
            } else {
                try (Repository base = open(baseNameOrNull)) {
                    digest = DemoImage.build(base, baseOrNull, Map.of(name, content), repository);
                }
            }
            repository.tag(digest, tag);
            return digest;
        }
    }

    /** An image whose configuration has a trigger. */
    void trigger(String name, String tag, String instruction) throws Exception {
        Digest plain = image(name, tag, null, null, "sly");
        try (Repository repository = open(name)) {
            ObjectMapper json = new ObjectMapper();
            ObjectNode manifest = (ObjectNode)
                    json.readTree(repository.manifest(plain).orElseThrow().content());
            ObjectNode config;
            try (InputStream in = repository.openBlob(new Descriptor(
                    MediaTypes.OCI_CONFIG,
                    Digest.parse(manifest.path("config").path("digest").asText()),
                    manifest.path("config").path("size").asLong()))) {
                config = (ObjectNode) json.readTree(in.readAllBytes());
            }
            ((ObjectNode) config.path("config")).putArray("OnBuild").add(instruction);
            byte[] content = json.writeValueAsBytes(config);
            Descriptor descriptor = Descriptor.of(MediaTypes.OCI_CONFIG, content);
            repository.pushBlob(descriptor, Repository.ContentSource.of(content));
            ((ObjectNode) manifest.path("config"))
                    .put("digest", descriptor.digest().toString())
                    .put("size", descriptor.size());
            Manifest changed = new Manifest(MediaTypes.OCI_MANIFEST, json.writeValueAsBytes(manifest));
            repository.pushManifest(changed);
            repository.tag(changed.digest(), tag);
        }
    }

    /** As cosign does it, without its program. */
    void sign(String name, String tag, String person) throws Exception {
        try (Repository repository = open(name)) {
            Digest digest = repository.resolve(tag).orElseThrow().digest();
            byte[] payload = new SimpleSigning(host() + "/" + name, digest, Map.of()).toBytes();
            new SignatureStore(repository)
                    .addSimpleSignature(digest, payload, keys.get(person).sign(payload));
        }
    }

    void approve(String name, String tag, String person, String stage, String role) throws Exception {
        TrustPolicy policy = PolicyReader.read(
                CountersignConfiguration.get().getTrustPolicy().getBytes(StandardCharsets.UTF_8));
        try (Repository repository = open(name)) {
            ImageStatements statements = ImageStatements.about(
                    repository, repository.resolve(tag).orElseThrow().digest(), tag, policy, Clock.systemUTC());
            statements.attach(
                    statements.approval(
                            policy.person(person).orElseThrow(), stage, role, "", List.of(), Origin.UNKNOWN),
                    keys.get(person));
        }
    }

    /** Lets Jenkins know the registry, its login and a policy with this catalogue. */
    void configure(String golden) throws Exception {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration reached = new RegistryConfiguration(host());
        reached.setCertificateAuthority(Files.readString(registry.authority()));
        reached.setCredentialsId(LOGIN);
        configuration.setRegistries(List.of(reached));
        configuration.setTrustPolicy(policy(golden));
        SystemCredentialsProvider.getInstance()
                .getDomainCredentialsMap()
                .put(
                        new Domain("registry", null, List.of(new HostnamePortSpecification(host(), null))),
                        List.of(new UsernamePasswordCredentialsImpl(
                                CredentialsScope.GLOBAL, LOGIN, null, DockerRegistry.USER, DockerRegistry.PASSWORD)));
    }

    /** Each under a name of its own: the versions of one name must not go back. */
    String policy(String golden) {
        StringBuilder yaml = new StringBuilder("name: policy-" + UUID.randomUUID()
                + "\nversion: 1\nexpires: 2099-02-01T00:00:00Z\nroot: {threshold: 1, keys: [" + key("root")
                + "]}\ngate: {keys: [" + key("gate") + "]}\npeople:\n");
        for (String person : List.of("dana", "erin")) {
            yaml.append("  ")
                    .append(person)
                    .append(": {keys: [")
                    .append(key(person))
                    .append("]}\n");
        }
        return yaml + "roles: {platform: [dana], qa: [erin]}\nstages:\n  qa: {needs: [{role: qa, count: 1}]}\ngolden: "
                + golden + "\n";
    }

    private String key(String name) {
        return "{pem: \"" + PublicKeys.pem(keys.get(name).publicKey()).strip().replace("\n", "\\n") + "\\n\"}";
    }
}
