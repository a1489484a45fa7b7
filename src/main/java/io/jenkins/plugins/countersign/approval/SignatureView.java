package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/** A signature of the image itself, verified with a key of the trust policy. */
@ExportedBean(defaultVisibility = 2)
public final class SignatureView {

    private final JsonNode json;

    private SignatureView(JsonNode json) {
        this.json = json;
    }

    static List<SignatureView> of(GateSnapshot snapshot) {
        return snapshot.list("signatures").stream().map(SignatureView::new).toList();
    }

    /** The person whose key signed; {@code gate} for the seal of a gate. */
    @Exported
    public String getSigner() {
        return json.path("signer").asText();
    }

    public String getSignerText() {
        return getSigner().equals(GateSnapshot.GATE) ? Messages.SignatureView_Gate() : getSigner();
    }

    @Exported
    public String getKey() {
        return json.path("key").asText();
    }

    public String getShortKey() {
        return GateLog.shortKey(getKey());
    }

    /** {@code bundle} or {@code simple-signing}… */
    @Exported
    public String getFormat() {
        return json.path("format").asText();
    }
}
