package io.jenkins.plugins.countersign.cli.demo;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The people of the demonstration, their keys, and the trust policy that names them: a tester, a security officer and two
 * release managers, the gate, the builder, and an offline root. The keys are made anew each time, encrypted with a password
 * that is no secret, and good for nothing but this folder.
 */
public final class DemoCast {

    /** The password of every key of the demonstration. */
    public static final String PASSWORD = "demonstration";

    private static final List<String> NAMES = List.of("carol", "alice", "frank", "grace", "gate", "builder", "root");

    private final Path folder;
    private final Map<String, SigningKey> keys = new LinkedHashMap<>();

    private DemoCast(Path folder) {
        this.folder = folder;
    }

    /** Makes the keys, {@code NAME.key} and {@code NAME.pub}, the file {@code password}, and the policy {@code policy.yaml}. */
    public static DemoCast prepare(Path folder, String goldenPattern) throws IOException, KeyException {
        DemoCast cast = new DemoCast(folder);
        Files.createDirectories(folder);
        SecureRandom random = new SecureRandom();
        for (String name : NAMES) {
            SigningKey key = KeyGenerator.generate(random);
            cast.keys.put(name, key);
            Files.writeString(folder.resolve(name + ".key"), key.encrypted(PASSWORD.toCharArray(), random));
            Files.writeString(folder.resolve(name + ".pub"), PublicKeys.pem(key.publicKey()));
        }
        Files.writeString(cast.password(), PASSWORD + "\n");
        Files.writeString(cast.policy(), cast.policyText(goldenPattern));
        return cast;
    }

    public Path key(String name) {
        return folder.resolve(name + ".key");
    }

    public Path password() {
        return folder.resolve("password");
    }

    public Path policy() {
        return folder.resolve("policy.yaml");
    }

    private String policyText(String goldenPattern) {
        Instant expires = Instant.now().plus(Duration.ofDays(30)).truncatedTo(ChronoUnit.SECONDS);
        StringBuilder yaml = new StringBuilder();
        yaml.append("name: demonstration\n");
        yaml.append("version: 1\n");
        yaml.append("expires: ").append(expires).append('\n');
        yaml.append("root:\n  threshold: 1\n  keys:\n");
        appendKey(yaml, "    ", "root");
        yaml.append("gate:\n  keys:\n");
        appendKey(yaml, "    ", "gate");
        yaml.append("people:\n");
        for (String person : List.of("carol", "alice", "frank", "grace")) {
            yaml.append("  ").append(person).append(":\n    keys:\n");
            appendKey(yaml, "      ", person);
        }
        yaml.append("roles:\n  qa: [carol]\n  security: [alice]\n  release: [frank, grace]\n");
        yaml.append("stages:\n");
        yaml.append("  qa:\n    needs: [{role: qa, count: 1}]\n");
        yaml.append("  production:\n    after: [qa]\n");
        yaml.append("    needs: [{role: release, count: 2}, {role: security, count: 1}]\n");
        yaml.append("    distinctPeople: true\n");
        yaml.append("golden:\n  allow: [\"").append(goldenPattern).append("\"]\n  digest: required\n");
        return yaml.toString();
    }

    private void appendKey(StringBuilder yaml, String indent, String name) {
        yaml.append(indent).append("- pem: |\n");
        PublicKeys.pem(keys.get(name).publicKey())
                .lines()
                .forEach(line -> yaml.append(indent).append("    ").append(line).append('\n'));
    }
}
