package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import hudson.model.User;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.approval.Kinds;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import io.jenkins.plugins.countersign.signing.SigningTokenCredentials;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/** What the person who looks at a gate may do there, and if nothing, why. */
@Restricted(NoExternalUse.class)
public final class ApproverView {

    /** Why a statement of somebody is none that stands. */
    private static final Set<String> OVER =
            Set.of("withdrawn", "superseded", "expired", "too-old", "evidence-not-named");

    private final boolean permitted;
    private final boolean mayOverride;
    private String person = "";
    private String objection = "";
    private List<String> roles = List.of();
    private List<String> overrideRoles = List.of();
    private List<Key> keys = List.of();
    private List<Own> own = List.of();
    private boolean negatives;
    private boolean identity;
    private boolean token;

    private ApproverView(boolean permitted, boolean mayOverride) {
        this.permitted = permitted;
        this.mayOverride = mayOverride;
    }

    static ApproverView of(GateHome home, GateEntry entry) {
        ApproverView view = permitted(home);
        User user = User.current();
        if (user == null || !view.isPermitted() || entry.digest().isEmpty()) {
            return view;
        }
        TrustPolicy policy;
        try {
            policy = GatePolicy.forPages().policy();
        } catch (IOException | PolicyException e) {
            view.objection = ReadersLanguage.text(Sentence.of("approval.policyNotUsable", e.getMessage()));
            return view;
        }
        Optional<Person> known = policy.personKnownAs(user.getId());
        if (known.isEmpty()) {
            view.objection = Messages.ApproverView_Unknown(user.getId());
            return view;
        }
        view.read(home, entry, user, known.get(), policy);
        ImageLocation image = new ImageLocation(entry.repository(), null, null);
        view.keys = SigningKeys.own(SigningKeyCredentials.class, user, image).stream()
                .map(Key::new)
                .toList();
        view.token =
                !SigningKeys.own(SigningTokenCredentials.class, user, image).isEmpty();
        return view;
    }

    /** The same without the person's keys, for lists of gates. */
    static ApproverView of(GateHome home, GateEntry entry, User user, Person person, TrustPolicy policy) {
        ApproverView view = permitted(home);
        if (view.isPermitted() && !entry.digest().isEmpty()) {
            view.read(home, entry, user, person, policy);
        }
        return view;
    }

    private static ApproverView permitted(GateHome home) {
        return new ApproverView(
                home.job().hasPermission(ApprovalPermissions.APPROVE),
                home.job().hasPermission(ApprovalPermissions.OVERRIDE));
    }

    private void read(GateHome home, GateEntry entry, User user, Person known, TrustPolicy policy) {
        person = known.name();
        roles = Saying.rolesOf(Saying.Word.APPROVE, known, entry.stage(), policy);
        overrideRoles = mayOverride ? Saying.rolesOf(Saying.Word.OVERRIDE, known, entry.stage(), policy) : List.of();
        objection = roles.isEmpty() && overrideRoles.isEmpty()
                ? Messages.ApproverView_NoRole(person, entry.stage())
                : FourEyes.objection(home, user, known).orElse("");
        identity = IdentityKey.isConfigured()
                && policy.stage(entry.stage()).stream()
                        .anyMatch(stage -> roles.stream().anyMatch(stage::takesIdentity));
        readStatements(entry);
    }

    private void readStatements(GateEntry entry) {
        GateSnapshot snapshot = entry.snapshot();
        if (snapshot == null) {
            return;
        }
        negatives = snapshot.isHeldBy("rejected", "blocked");
        Set<String> gone = new HashSet<>();
        snapshot.list("decision", "setAside").stream()
                .filter(one -> OVER.contains(one.path("reason").asText()))
                .forEach(one -> gone.add(one.path("statement").asText()));
        Set<String> seen = new HashSet<>();
        List<Own> mine = new ArrayList<>();
        for (JsonNode statement : snapshot.list("statements")) {
            String kind = statement.path("kind").asText();
            String digest = statement.path("digest").asText();
            if (statement.path("person").asText().equals(person)
                    && (kind.equals("approval") || kind.equals("rejection"))
                    && statement.path("stage").asText().equals(entry.stage())
                    && !gone.contains(digest)
                    && seen.add(digest)) {
                mine.add(new Own(
                        digest,
                        kind,
                        statement.path("role").asText(),
                        statement.path("issuedAt").asText()));
            }
        }
        own = mine;
    }

    /** Whether the person may do anything here at all; when not, nothing is shown. */
    public boolean isPermitted() {
        return permitted || mayOverride;
    }

    /** The name in the trust policy; empty when the policy does not know the user. */
    public String getPerson() {
        return person;
    }

    /** Why the person cannot approve; empty when nothing speaks against it. */
    public String getObjection() {
        return objection;
    }

    public boolean isAbleToApprove() {
        return permitted && objection.isEmpty() && !roles.isEmpty() && !isApproved();
    }

    /** Whether the person's approval stands already, in every role that they have here. */
    public boolean isApproved() {
        return !roles.isEmpty()
                && roles.stream()
                        .allMatch(role ->
                                own.stream().anyMatch(one -> one.kind.equals("approval") && one.role.equals(role)));
    }

    /** Whether this controller may say who the person is, in place of a key of their own. */
    public boolean isIdentityEnough() {
        return identity;
    }

    public boolean isAbleToReject() {
        return permitted && !roles.isEmpty();
    }

    public boolean isAbleToOverride() {
        return mayOverride && negatives && objection.isEmpty() && !overrideRoles.isEmpty();
    }

    public boolean isAbleToWithdraw() {
        return permitted && !own.isEmpty();
    }

    public List<String> getRoles() {
        return roles;
    }

    /** The person's own signing keys in Jenkins. */
    public List<Key> getKeys() {
        return keys;
    }

    /** Whether the person has a key on a hardware token, which no dialog can offer: Jenkins reaches it through an agent only. */
    public boolean isTokenKept() {
        return token;
    }

    /** What the person has said here that still stands. */
    public List<Own> getOwn() {
        return own;
    }

    /** A key to choose. */
    public static final class Key {
        private final String id;
        private final String name;

        Key(SigningKeyCredentials credentials) {
            id = credentials.getId();
            name = credentials.getDescription().isEmpty() ? credentials.getId() : credentials.getDescription();
        }

        public String getId() {
            return id;
        }

        public String getName() {
            return name;
        }
    }

    /** A statement to take back. */
    public static final class Own {
        private final String digest;
        private final String kind;
        private final String role;
        private final String issuedAt;

        Own(String digest, String kind, String role, String issuedAt) {
            this.digest = digest;
            this.kind = kind;
            this.role = role;
            this.issuedAt = issuedAt;
        }

        public String getDigest() {
            return digest;
        }

        public String getText() {
            return Messages.ApproverView_Own(ReadersLanguage.text(Kinds.sentence(kind)), role, issuedAt);
        }
    }
}
