package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reports as SARIF 2.1.0 (OASIS), for the tools that read it. */
public final class SarifReport {

    private static final Map<String, String> RULES = new TreeMap<>(Map.ofEntries(
            Map.entry("unreadable", "The builder would refuse the Dockerfile"),
            Map.entry("not-an-image", "A name that no catalogue can allow"),
            Map.entry("not-golden", "An image enters the build that the catalogue does not allow"),
            Map.entry("not-reached", "An image outside the catalogue that the chosen target does not need"),
            Map.entry("denied", "An image enters the build that the catalogue denies"),
            Map.entry("retired", "A base image whose time is over"),
            Map.entry("retires", "A base image whose time ends soon"),
            Map.entry("digest-required", "An image that must be written with its digest"),
            Map.entry("not-signed", "A base image without the signatures that the catalogue asks for"),
            Map.entry("signed", "A base image with the signatures that the catalogue asks for"),
            Map.entry("exempted", "An image that an exception lets through"),
            Map.entry("frontend", "A frontend that may read the Dockerfile otherwise"),
            Map.entry("organisation-unknown", "A golden organisation that could not be listed"),
            Map.entry("variable", "A variable without a value decides over an image"),
            Map.entry("remote-add", "ADD fetches something from elsewhere"),
            Map.entry("named-context", "A build context that is no image stands in for one"),
            Map.entry("scratch", "A stage begins with nothing"),
            Map.entry("other-builder", "Another builder would read this otherwise"),
            Map.entry("lineage", "A built image that stands on a golden image"),
            Map.entry("lineage-replaced", "A built image on a golden image that has been replaced"),
            Map.entry("lineage-foreign", "A built image that stands on something else"),
            Map.entry("lineage-flattened", "A built image whose base cannot be told"),
            Map.entry("lineage-unknown", "A built image whose base could not be found out"),
            Map.entry("onbuild", "The triggers of a base image could not be read")));

    private SarifReport() {}

    public static String render(List<BaseReport> reports) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        root.put("version", "2.1.0");
        ObjectNode run = root.putArray("runs").addObject();
        ObjectNode driver = run.putObject("tool").putObject("driver");
        driver.put("name", "Countersign");
        driver.put("informationUri", "https://plugins.jenkins.io/countersign/");
        ArrayNode rules = driver.putArray("rules");
        RULES.forEach((id, text) ->
                rules.addObject().put("id", id).putObject("shortDescription").put("text", text));
        run.put("columnKind", "unicodeCodePoints");
        ArrayNode results = run.putArray("results");
        List<String> ids = List.copyOf(RULES.keySet());
        for (BaseReport report : reports) {
            for (Finding finding : report.findings()) {
                ObjectNode result = results.addObject();
                result.put("ruleId", finding.rule());
                if (ids.contains(finding.rule())) {
                    result.put("ruleIndex", ids.indexOf(finding.rule()));
                }
                result.put("level", finding.severity().name().toLowerCase(java.util.Locale.ROOT));
                result.putObject("message").put("text", text(finding));
                ObjectNode location = result.putArray("locations").addObject().putObject("physicalLocation");
                location.putObject("artifactLocation").put("uri", uri(report.file()));
                if (finding.line() > 0) {
                    location.putObject("region")
                            .put("startLine", finding.line())
                            .put("startColumn", Math.max(1, finding.column()));
                }
                result.putObject("partialFingerprints").put("reference/v1", finding.rule() + " " + finding.reference());
            }
        }
        return root.toPrettyString() + "\n";
    }

    private static String text(Finding finding) {
        return finding.message()
                + (finding.because().isEmpty() ? "" : " (rule: " + finding.because() + ")")
                + (finding.suggestion().isEmpty() ? "" : "; " + finding.suggestion());
    }

    private static String uri(String file) {
        try {
            return new URI(null, null, file.replace('\\', '/'), null).toASCIIString();
        } catch (URISyntaxException e) {
            return "Dockerfile";
        }
    }
}
