package io.jenkins.plugins.countersign.engine.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The verifiers that a policy can be exported for. */
public enum ExportFormat {

    /**
     * podman, skopeo, Buildah, CRI-O, bootc. Source: containers/image, {@code docs/containers-policy.json.5.md} and
     * {@code containers-registries.d.5.md}. The JSON is read strictly and takes no comment, so its limits stand beside it.
     */
    CONTAINERS("containers", ExportFormat::containers),

    /** Source: kyverno, {@code ClusterPolicy}, {@code verifyImages} with {@code type: Cosign}. */
    KYVERNO("kyverno", ExportFormat::kyverno),

    /** Source: sigstore/policy-controller, {@code docs/api-types/index.md}. */
    POLICY_CONTROLLER("policy-controller", ExportFormat::policyController),

    /** Source: sse-secure-systems/connaisseur, {@code docs/validators/sigstore_cosign.md}, {@code docs/basics.md}. */
    CONNAISSEUR("connaisseur", ExportFormat::connaisseur);

    private static final String STAGE_UNSEEN =
            "The stage is not looked at: every seal of the gate for the same repository"
                    + " and tag is accepted. Give each stage a repository of its own.";
    private static final String TAG_UNSEEN =
            "The name in the seal is not compared: a seal for another tag or repository"
                    + " admits the same digest here too.";

    private final String word;
    private final Function<Enforcement, Export> writer;

    ExportFormat(String word, Function<Enforcement, Export> writer) {
        this.word = word;
        this.writer = writer;
    }

    /** On the command line. */
    public String word() {
        return word;
    }

    public Export export(Enforcement enforcement) {
        return writer.apply(enforcement);
    }

    private static Export containers(Enforcement e) {
        List<String> limits = limits(
                e,
                STAGE_UNSEEN,
                "Images of other repositories are refused altogether (\"default\": reject). Add the scopes that shall be"
                        + " admitted by other rules.");
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putArray("default").addObject().put("type", "reject");
        ObjectNode docker = json.putObject("transports").putObject("docker");
        StringBuilder registries = new StringBuilder(comment(e, limits)).append("docker:\n");
        for (String repository : e.repositories()) {
            ObjectNode requirement = docker.putArray(repository).addObject().put("type", "sigstoreSigned");
            if (e.keys().size() == 1) {
                requirement.put("keyData", base64(e.keys().get(0)));
            } else {
                ArrayNode keys = requirement.putArray("keyDatas");
                e.keys().forEach(key -> keys.add(base64(key)));
            }
            requirement.putObject("signedIdentity").put("type", "matchRepoDigestOrExact");
            registries.append("  ").append(quoted(repository)).append(": {use-sigstore-attachments: true}\n");
        }
        if (e.keys().size() > 1) {
            limits = new ArrayList<>(limits);
            limits.add(
                    "More than one gate key needs containers/image 5.30 or later (keyDatas); older ones refuse the file.");
        }
        Map<String, String> files = new LinkedHashMap<>();
        files.put("policy.json", json.toPrettyString() + "\n");
        files.put("registries.d/countersign.yaml", registries.toString());
        files.put("policy.json.limits.txt", plain(e, limits));
        return new Export(CONTAINERS, files, limits);
    }

    private static Export kyverno(Enforcement e) {
        List<String> limits = limits(
                e,
                TAG_UNSEEN,
                "Images of other repositories are not looked at by this policy: refuse them by another one.");
        StringBuilder yaml = new StringBuilder(comment(e, limits));
        yaml.append("apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata:\n  name: ")
                .append(name(e));
        yaml.append(
                "\nspec:\n  webhookConfiguration: {failurePolicy: Fail, timeoutSeconds: 30}\n  background: false\n");
        yaml.append(
                "  rules:\n    - name: sealed\n      match:\n        any:\n          - resources: {kinds: [Pod]}\n");
        yaml.append("      verifyImages:\n        - type: Cosign\n          failureAction: Enforce\n");
        yaml.append("          required: true\n          verifyDigest: true\n          mutateDigest: true\n");
        yaml.append("          imageReferences:\n");
        for (String repository : e.repositories()) {
            yaml.append("            - ").append(quoted(repository + ":*")).append('\n');
            yaml.append("            - ").append(quoted(repository + "@*")).append('\n');
        }
        yaml.append("          attestors:\n            - count: 1\n              entries:\n");
        for (String key : e.keys()) {
            yaml.append("                - annotations: {stage: ")
                    .append(quoted(e.stage()))
                    .append("}\n");
            yaml.append("                  keys:\n                    rekor: {ignoreTlog: true}\n");
            yaml.append("                    ctlog: {ignoreSCT: true}\n                    publicKeys: |-\n");
            indented(yaml, key, 22);
        }
        return new Export(KYVERNO, Map.of("kyverno-" + e.stage() + ".yaml", yaml.toString()), limits);
    }

    private static Export policyController(Enforcement e) {
        List<String> limits = limits(
                e,
                STAGE_UNSEEN,
                TAG_UNSEEN,
                "Only namespaces with the label policy.sigstore.dev/include=true are looked at, and what happens to images that"
                        + " match no policy is said elsewhere (no-match-policy in the config map config-policy-controller).");
        StringBuilder yaml = new StringBuilder(comment(e, limits));
        yaml.append("apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata:\n  name: ");
        yaml.append(name(e)).append("\nspec:\n  mode: enforce\n  images:\n");
        for (String repository : e.repositories()) {
            yaml.append("    - glob: ").append(quoted(repository)).append('\n');
        }
        yaml.append("  authorities:\n");
        for (int i = 0; i < e.keys().size(); i++) {
            yaml.append("    - name: gate-").append(i + 1).append("\n      signatureFormat: legacy\n");
            yaml.append("      key:\n        hashAlgorithm: sha256\n        data: |\n");
            indented(yaml, e.keys().get(i), 10);
        }
        return new Export(
                POLICY_CONTROLLER, Map.of("policy-controller-" + e.stage() + ".yaml", yaml.toString()), limits);
    }

    private static Export connaisseur(Enforcement e) {
        List<String> limits = limits(e, STAGE_UNSEEN, TAG_UNSEEN);
        StringBuilder yaml = new StringBuilder(comment(e, limits));
        yaml.append("# Values for the chart; images that match no pattern are refused by Connaisseur itself.\n");
        yaml.append("application:\n  validators:\n    - name: ").append(name(e)).append("\n      type: cosign\n");
        yaml.append("      trustRoots:\n");
        for (int i = 0; i < e.keys().size(); i++) {
            yaml.append("        - name: gate-").append(i + 1).append("\n          key: |\n");
            indented(yaml, e.keys().get(i), 12);
        }
        yaml.append("  policy:\n");
        for (String repository : e.repositories()) {
            yaml.append("    - pattern: ")
                    .append(quoted(repository + ":*"))
                    .append("\n      validator: ")
                    .append(name(e));
            yaml.append(
                    "\n      with: {trustRoot: \"*\", threshold: 1, verifyInTransparencyLog: false, verifySCT: false}\n");
        }
        return new Export(CONNAISSEUR, Map.of("connaisseur-" + e.stage() + ".yaml", yaml.toString()), limits);
    }

    private static List<String> limits(Enforcement e, String... own) {
        List<String> limits = new ArrayList<>(List.of(own));
        limits.addAll(e.leftOut());
        return limits;
    }

    private static String comment(Enforcement e, List<String> limits) {
        return "# " + String.join("\n# ", plain(e, limits).trim().split("\n")) + "\n";
    }

    private static String plain(Enforcement e, List<String> limits) {
        StringBuilder text = new StringBuilder("Made by Countersign from the ")
                .append(e.title())
                .append(".\n");
        text.append("What is not checked here:\n");
        limits.forEach(limit -> text.append("- ").append(limit).append('\n'));
        return text.toString();
    }

    private static String name(Enforcement e) {
        return "countersign-" + e.stage().replaceAll("[^a-z0-9]", "-");
    }

    /** JSON's quoting is YAML's too. */
    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }

    private static void indented(StringBuilder yaml, String pem, int spaces) {
        pem.lines().forEach(line -> yaml.append(" ".repeat(spaces)).append(line).append('\n'));
    }

    private static String base64(String pem) {
        return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
    }
}
