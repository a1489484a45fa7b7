package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement;
import java.util.List;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/** Evidence at the image: a test result, a scan, a list of contents, where it came from. */
@ExportedBean(defaultVisibility = 2)
public final class EvidenceView {

    private final JsonNode json;

    private EvidenceView(JsonNode json) {
        this.json = json;
    }

    static List<EvidenceView> of(GateSnapshot snapshot) {
        return snapshot.list("evidence").stream().map(EvidenceView::new).toList();
    }

    /** {@code test-result}, {@code scan}, {@code sbom} or {@code provenance}. */
    @Exported
    public String getKind() {
        return json.path("kind").asText();
    }

    /** Digest of the signed statement: what an approval names that saw it. Empty in builds of the first versions. */
    @Exported
    public String getStatement() {
        return json.path("statement").asText();
    }

    /** A person of the trust policy. */
    @Exported
    public String getSigner() {
        return json.path("signer").asText();
    }

    @Exported
    public String getTime() {
        return json.path("time").asText();
    }

    /** In the words of the evidence; empty when it has none. */
    @Exported
    public String getResult() {
        return json.path("result").asText();
    }

    /** How bad the worst finding of a scan is; empty when it does not say. */
    @Exported
    public String getWorst() {
        return json.path("worst").asText();
    }

    private String worstText() {
        return EvidenceRequirement.Severity.of(getWorst())
                .map(severity -> ReadersLanguage.text(severity.sentence()))
                .orElse(getWorst());
    }

    /** In one line. */
    public String getText() {
        if (json.isTextual()) {
            return json.asText();
        }
        String kind =
                switch (getKind()) {
                    case "test-result" -> Messages.EvidenceView_TestResult();
                    case "scan" -> Messages.EvidenceView_Scan();
                    case "sbom" -> Messages.EvidenceView_Sbom();
                    case "provenance" -> Messages.EvidenceView_Provenance();
                    default -> getKind();
                };
        String says = getResult() + (getWorst().isEmpty() ? "" : " " + Messages.EvidenceView_Worst(worstText()));
        return kind + (says.isBlank() ? "" : ": " + says.trim());
    }
}
