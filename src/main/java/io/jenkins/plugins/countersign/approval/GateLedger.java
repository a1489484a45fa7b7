package io.jenkins.plugins.countersign.approval;

import hudson.model.Run;
import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What gates write into the controller's ledger. */
final class GateLedger {

    /** Somebody did something through Jenkins: who, as Jenkins knows them, beside whose key signed. */
    static final String ACT = "act";

    private GateLedger() {}

    static void decided(String kind, String outcome, Decision decision, Run<?, ?> run) throws LedgerException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("outcome", outcome);
        fields.put("image", decision.image().digest().toString());
        fields.put("repository", decision.image().repository());
        fields.put("stage", decision.stage());
        fields.put("policy", decision.policy().toString());
        fields.put(
                "counted",
                decision.countedStatements().stream().map(Digest::toString).collect(Collectors.joining(" ")));
        fields.put("build", run.getUrl());
        ControllerLedger.get().append(kind, fields);
    }

    /** A gate ended without a decision. */
    static void ended(String outcome, GateEntry entry, Run<?, ?> run) throws LedgerException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("outcome", outcome);
        fields.put("image", entry.digest());
        fields.put("repository", entry.repository());
        fields.put("stage", entry.stage());
        fields.put("build", run.getUrl());
        ControllerLedger.get().append(io.jenkins.plugins.countersign.engine.audit.RecordKind.DECISION, fields);
    }

    /**
     * A person acted through Jenkins.
     *
     * @param what {@code approval} or one of {@link GateRecord.Kind#word}
     * @param byIdentity whether this controller signs for the person, who has no key of their own
     * @param user the id that Jenkins knows the person by
     */
    static void acted(
            String what,
            String user,
            String person,
            String role,
            GateEntry entry,
            GateHome home,
            String reason,
            boolean byIdentity)
            throws LedgerException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("what", what);
        fields.put("user", user);
        fields.put("person", person);
        fields.put("role", role);
        fields.put("image", entry.digest());
        fields.put("repository", entry.repository());
        fields.put("stage", entry.stage());
        fields.put("build", home.url());
        fields.put("reason", reason);
        if (byIdentity) {
            fields.put("with", "identity");
        }
        ControllerLedger.get().append(ACT, fields);
    }
}
