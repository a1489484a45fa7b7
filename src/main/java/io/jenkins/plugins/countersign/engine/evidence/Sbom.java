package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import java.time.Instant;

/**
 * A bill of materials, SPDX or CycloneDX, in JSON. The document is the predicate.
 *
 * @param predicateType {@link PredicateTypes#SPDX} or {@link PredicateTypes#CYCLONEDX}: without a version, as cosign writes
 *     and looks for them
 * @param document as the generator wrote it
 * @param components how many packages or components it lists
 * @param created when it was made; null when it does not say
 */
public record Sbom(String predicateType, ObjectNode document, int components, Instant created) {

    /** A bundle holds the statement in base64, and has to be read back. */
    private static final int MAX_BYTES = SignatureStore.MAX_CONTENT / 4 * 3 - 64 * 1024;

    /** @throws EvidenceException if the document is neither, or too long to be attached */
    public static Sbom read(byte[] content) throws EvidenceException {
        ObjectNode json = ReportFile.json(content, "the bill of materials");
        int length = StrictJson.write(json).length;
        if (length > MAX_BYTES) {
            throw new EvidenceException("the bill of materials has " + length + " bytes without white space, at most "
                    + MAX_BYTES + " fit into a statement. Let the generator leave out single files and list packages");
        }
        if (json.path("bomFormat").asText().equals("CycloneDX")) {
            return new Sbom(
                    PredicateTypes.CYCLONEDX,
                    json,
                    json.path("components").size(),
                    ReportFile.time(json.path("metadata").path("timestamp")));
        }
        if (json.path("spdxVersion").asText().startsWith("SPDX-2.")) {
            return new Sbom(
                    PredicateTypes.SPDX,
                    json,
                    json.path("packages").size(),
                    ReportFile.time(json.path("creationInfo").path("created")));
        }
        throw new EvidenceException(
                "the bill of materials is neither CycloneDX in JSON (bomFormat) nor SPDX 2 in JSON" + " (spdxVersion)");
    }
}
