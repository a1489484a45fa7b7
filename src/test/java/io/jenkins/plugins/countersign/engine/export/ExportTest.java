package io.jenkins.plugins.countersign.engine.export;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.Test;

public class ExportTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final List<String> PEM = List.of(pem(), pem(), pem());

    private static String pem() {
        return PublicKeys.pem(KeyGenerator.generate(new SecureRandom()).publicKey());
    }

    private static String key(int index, String more) {
        return "{pem: \"" + PEM.get(index).replace("\n", "\\n") + "\"" + more + "}";
    }

    private static TrustPolicy policy(String gateKeys) throws Exception {
        return PolicyReader.read(("name: main\nversion: 7\nexpires: 2027-02-01T00:00:00Z\nroot: {threshold: 1, keys: ["
                        + key(2, "") + "]}\n" + (gateKeys.isEmpty() ? "" : "gate: {keys: [" + gateKeys + "]}\n")
                        + "people:\n  frank: {keys: [{pem: \"" + pem().replace("\n", "\\n") + "\"}]}\n"
                        + "roles: {release: [frank]}\nstages:\n"
                        + "  production: {needs: [{role: release, count: 1}], maxAge: P14D, freshness: PT12H,\n"
                        + "    evidence: [{kind: scan, signedBy: release, highestSeverity: medium}]}\n"
                        + "golden: {allow: [\"registry.example.com/golden/**\"]}\n")
                .getBytes(StandardCharsets.UTF_8));
    }

    private static Enforcement enforcement(String gateKeys) throws Exception {
        return Enforcement.of(
                policy(gateKeys),
                "production",
                List.of("registry.example.com/prod/app", "registry.example.com/prod/b"),
                NOW);
    }

    private static JsonNode yaml(Export export) throws Exception {
        return new ObjectMapper(new YAMLFactory())
                .readTree(export.files().values().iterator().next());
    }

    @Test
    public void aCompromisedOrEndedKeyIsNeverExported() throws Exception {
        Enforcement enforcement = enforcement(key(0, "") + ", " + key(1, ", compromisedSince: 2026-10-01T00:00:00Z"));
        for (ExportFormat format : ExportFormat.values()) {
            Export export = format.export(enforcement);
            String all = export.files().toString();
            String data = Base64.getEncoder().encodeToString(PEM.get(1).getBytes(StandardCharsets.UTF_8));
            assertThat(all, not(containsString(PEM.get(1).split("\n")[1])));
            assertThat(all, not(containsString(data)));
            assertThat(export.notExpressed().toString(), containsString("compromised since 2026-10-01"));
        }
        assertThat(
                assertThrows(ExportException.class, () -> enforcement(key(0, ", notAfter: 2026-01-01T00:00:00Z")))
                        .getMessage(),
                containsString("no gate key that is good now"));
        assertThat(
                assertThrows(ExportException.class, () -> enforcement("")).getMessage(),
                containsString("there is no seal to require"));
    }

    @Test
    public void aNameThatIsNoRepositoryIsRefused() throws Exception {
        TrustPolicy policy = policy(key(0, ""));
        for (String bad :
                List.of("registry.example.com/app:1", "registry.example.com/a\n  - evil", "registry.example.com/*")) {
            assertThrows(
                    bad, IllegalArgumentException.class, () -> Enforcement.of(policy, "production", List.of(bad), NOW));
        }
        assertThat(
                assertThrows(ExportException.class, () -> Enforcement.of(policy, "prod", List.of("a.b/c"), NOW))
                        .getMessage(),
                containsString("has no stage \"prod\"; it has production"));
    }

    @Test
    public void everyExportSaysWhatItCannotExpress() throws Exception {
        for (ExportFormat format : ExportFormat.values()) {
            Export export = format.export(enforcement(key(0, "")));
            for (String limit : List.of(
                    "Who approved is not looked at (1 of role release)",
                    "A rejection, block or withdrawal after the promotion",
                    "(PT336H)",
                    "(PT12H)",
                    "nothing worse than medium",
                    "golden images")) {
                assertThat(format + " " + limit, export.notExpressed().toString(), containsString(limit));
            }
            for (String limit : export.notExpressed()) {
                assertThat(String.valueOf(export.files()), containsString(limit));
            }
            assertThat(export.files().toString(), containsString("trust policy main version 7"));
        }
    }

    @Test
    public void containers() throws Exception {
        Export export = ExportFormat.CONTAINERS.export(enforcement(key(0, "")));
        JsonNode json = new ObjectMapper().readTree(export.files().get("policy.json"));
        assertEquals("reject", json.path("default").path(0).path("type").asText());
        JsonNode rule = json.path("transports")
                .path("docker")
                .path("registry.example.com/prod/app")
                .path(0);
        assertEquals("sigstoreSigned", rule.path("type").asText());
        assertEquals(
                PEM.get(0),
                new String(Base64.getDecoder().decode(rule.path("keyData").asText()), StandardCharsets.UTF_8));
        JsonNode two = new ObjectMapper()
                .readTree(ExportFormat.CONTAINERS
                        .export(enforcement(key(0, "") + ", " + key(1, "")))
                        .files()
                        .get("policy.json"));
        assertEquals(
                2,
                two.path("transports")
                        .path("docker")
                        .path("registry.example.com/prod/b")
                        .path(0)
                        .path("keyDatas")
                        .size());
        JsonNode registries =
                new ObjectMapper(new YAMLFactory()).readTree(export.files().get("registries.d/countersign.yaml"));
        assertEquals(
                true,
                registries
                        .path("docker")
                        .path("registry.example.com/prod/app")
                        .path("use-sigstore-attachments")
                        .asBoolean());
    }

    @Test
    public void kubernetes() throws Exception {
        Enforcement enforcement = enforcement(key(0, "") + ", " + key(1, ""));
        JsonNode rule = yaml(ExportFormat.KYVERNO.export(enforcement))
                .path("spec")
                .path("rules")
                .path(0)
                .path("verifyImages")
                .path(0);
        assertEquals(
                "registry.example.com/prod/app:*",
                rule.path("imageReferences").path(0).asText());
        JsonNode entry = rule.path("attestors").path(0).path("entries").path(1);
        assertEquals("production", entry.path("annotations").path("stage").asText());
        assertEquals(PEM.get(1).trim(), entry.path("keys").path("publicKeys").asText());
        JsonNode controller =
                yaml(ExportFormat.POLICY_CONTROLLER.export(enforcement)).path("spec");
        assertEquals(
                "registry.example.com/prod/b",
                controller.path("images").path(1).path("glob").asText());
        assertEquals(
                PEM.get(1),
                controller.path("authorities").path(1).path("key").path("data").asText());
        JsonNode values = yaml(ExportFormat.CONNAISSEUR.export(enforcement)).path("application");
        assertEquals(
                PEM.get(0),
                values.path("validators")
                        .path(0)
                        .path("trustRoots")
                        .path(0)
                        .path("key")
                        .asText());
        assertEquals(
                1, values.path("policy").path(0).path("with").path("threshold").asInt());
        assertEquals(
                values.path("validators").path(0).path("name").asText(),
                values.path("policy").path(1).path("validator").asText());
    }
}
