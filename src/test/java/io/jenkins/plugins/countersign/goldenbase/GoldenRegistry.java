package io.jenkins.plugins.countersign.goldenbase;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.file.Files;
import java.security.SecureRandom;
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
