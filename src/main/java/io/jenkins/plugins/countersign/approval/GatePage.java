package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import edu.umd.cs.findbugs.annotations.CheckForNull;
import hudson.model.Api;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.Run;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.approval.Kinds;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.goldenbase.BaseReportAction;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.StaplerProxy;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;
import org.kohsuke.stapler.verb.POST;

/** One image at one stage of a build: for its page, for REST, for listeners. Made for each use; it keeps nothing. */
@ExportedBean(defaultVisibility = 2)
public class GatePage implements StaplerProxy {

    private final GateHome home;
    private final GateEntry entry;
    /** Read when it is first asked for: whoever only counts ten thousand gates need not. */
    private GateSnapshot snapshot;

    private boolean read;

    private GatePage(GateHome home, GateEntry entry) {
        this.home = home;
        this.entry = entry;
    }

    private synchronized GateSnapshot snapshot() {
        if (!read) {
            snapshot = entry.snapshot();
            read = true;
        }
        return snapshot;
    }

    static GatePage of(Run<?, ?> run, GateEntry entry) {
        return new GatePage(GateHome.of(run), entry);
    }

    static GatePage of(GateHome home, GateEntry entry) {
        return new GatePage(home, entry);
    }

    /** Whoever may see the build may see this, also when it is reached by another way. */
    @Override
    public Object getTarget() {
        home.job().checkPermission(Item.READ);
        return this;
    }

    @Restricted(NoExternalUse.class)
    public GateEntry entry() {
        return entry;
    }

    GateHome home() {
        return home;
    }

    /** The build that waits; null when the gate holds an item of the queue. */
    @CheckForNull
    public Run<?, ?> getRun() {
        return home.build().orElse(null);
    }

    public Job<?, ?> getJob() {
        return home.job();
    }

    /** Of the build, or of the job while there is no build; from the root of Jenkins. */
    @Restricted(NoExternalUse.class)
    public String getHomeUrl() {
        return home.url();
    }

    @Exported
    public int getNumber() {
        return entry.number();
    }

    /** {@code repository[:tag][@digest]} */
    @Exported
    public String getImage() {
        return entry.image();
    }

    @Exported
    public String getRepository() {
        return entry.repository();
    }

    @Exported
    public String getTag() {
        return entry.tag();
    }

    /** Empty while the tag is not resolved. */
    @Exported
    public String getDigest() {
        return entry.digest();
    }

    @Exported
    public String getStage() {
        return entry.stage();
    }

    @Exported
    public String getMessage() {
        return entry.message();
    }

    /** {@code waiting}, {@code open}, {@code expired}, {@code aborted} or {@code noted}. */
    @Exported
    public String getState() {
        return entry.state();
    }

    /** Milliseconds since the epoch. */
    @Exported
    public long getSince() {
        return entry.since();
    }

    /** Milliseconds since the epoch; 0 for never. */
    @Exported
    public long getDeadline() {
        return entry.deadline();
    }

    /** Why the last look had no answer; null when it had one. */
    @Exported
    public String getUnknown() {
        return entry.unknown();
    }

    /** In the reader's language; empty when there was an answer. */
    @Restricted(NoExternalUse.class)
    public String getUnknownText() {
        return entry.unknown() == null
                ? ""
                : ReadersLanguage.text(Sentence.of("approval.noClearAnswer", entry.unknown()));
    }

    /** From the root of Jenkins, without a slash before it. */
    @Exported
    public String getUrl() {
        return home.pageOf(entry);
    }

    @Exported
    public String getBuild() {
        return home.name();
    }

    /** Why the gate is held, in one line of English; empty when it is open or was not looked at. */
    @Exported
    public String getWhy() {
        return snapshot() == null ? "" : snapshot().why().text();
    }

    /** The same in the reader's language. */
    @Restricted(NoExternalUse.class)
    public String getWhyText() {
        return snapshot() == null ? "" : ReadersLanguage.text(snapshot().why());
    }

    /** The names of the people whose approvals count, in the order of the requirements. */
    @Exported
    public List<String> getApprovers() {
        return snapshot() == null
                ? List.of()
                : snapshot().list("decision", "counted").stream()
                        .map(counted -> counted.path("person").asText())
                        .distinct()
                        .toList();
    }

    @Restricted(NoExternalUse.class)
    public String getApproversText() {
        return String.join(", ", getApprovers());
    }

    /** The requirements of the stage, met and unmet. */
    @Exported
    public List<RequirementView> getRequirements() {
        return snapshot() == null ? List.of() : RequirementView.of(snapshot());
    }

    /** Statements that do not count, each with its reason; strangers' signatures are left out. */
    @Exported
    public List<SetAsideView> getSetAside() {
        return snapshot() == null ? List.of() : SetAsideView.of(snapshot());
    }

    /** Reasons why the gate is held, beside missing approvals, in English. */
    @Exported
    public List<String> getHolds() {
        return snapshot() == null
                ? List.of()
                : snapshot().holds().stream().map(Sentence::text).toList();
    }

    /** The same in the reader's language. */
    @Restricted(NoExternalUse.class)
    public List<String> getHoldTexts() {
        return snapshot() == null
                ? List.of()
                : snapshot().holds().stream().map(ReadersLanguage::text).toList();
    }

    @Restricted(NoExternalUse.class)
    public List<StageView> getStages() {
        List<StageView> stages = new ArrayList<>();
        if (snapshot() != null) {
            for (JsonNode stage : snapshot().list("stages")) {
                stages.add(new StageView(
                        stage.path("name").asText(),
                        stage.path("state").asText(),
                        stage.path("approved").asInt(),
                        stage.path("needed").asInt(),
                        stage.path("name").asText().equals(entry.stage())));
            }
        }
        return stages;
    }

    /** The digest that is promoted at this stage now and would be replaced; empty when there is none. */
    @Exported
    public String getReplaces() {
        return snapshot() == null ? "" : snapshot().replaces();
    }

    /** The digest that was approved for this stage before, in an earlier build; empty when there is none. */
    @Exported
    public String getLastApproved() {
        return entry.lastApproved();
    }

    @Restricted(NoExternalUse.class)
    public String getLastApprovedBuild() {
        return entry.lastApprovedBuild();
    }

    /** Whether the very same image was approved for this stage before. */
    @Restricted(NoExternalUse.class)
    public boolean isSameAsBefore() {
        return !entry.lastApproved().isEmpty() && entry.lastApproved().equals(entry.digest());
    }

    /** {@code repository:tag@digest} where this build promoted the image to; empty while it did not. */
    @Exported
    public String getPromotedTo() {
        return entry.promotedTo();
    }

    /** What is different from the image that was approved before: platforms, layers, configuration. In English. */
    @Exported
    public List<String> getChanges() {
        return entry.changes().stream().map(Sentence::text).toList();
    }

    /** The same in the reader's language. */
    @Restricted(NoExternalUse.class)
    public List<String> getChangeTexts() {
        return entry.changes().stream().map(ReadersLanguage::text).toList();
    }

    /** The commits since, one line each, as Jenkins recorded them. */
    @Exported
    public List<String> getCommits() {
        return entry.commits();
    }

    /** The manifests of the platforms, when the image is an index: {@code linux/amd64 sha256:…}. */
    @Exported
    public List<String> getPlatforms() {
        List<String> platforms = new ArrayList<>();
        if (snapshot() != null) {
            for (JsonNode platform : snapshot().list("platforms")) {
                platforms.add(
                        platform.isTextual()
                                ? platform.asText()
                                : (platform.path("name").asText() + " "
                                                + platform.path("digest").asText())
                                        .trim());
            }
        }
        return platforms;
    }

    @Exported(inline = true)
    public List<EvidenceView> getEvidence() {
        return snapshot() == null ? List.of() : EvidenceView.of(snapshot());
    }

    /** The image's own signatures, as far as keys of the trust policy made them. */
    @Exported(inline = true)
    public List<SignatureView> getSignatures() {
        return snapshot() == null ? List.of() : SignatureView.of(snapshot());
    }

    /** What {@code checkBaseImages} found in this build. */
    @Restricted(NoExternalUse.class)
    public List<BaseReportAction> getBaseReports() {
        return home.build().map(run -> run.getActions(BaseReportAction.class)).orElse(List.of());
    }

    @Restricted(NoExternalUse.class)
    public String getPolicy() {
        return snapshot() == null
                ? ""
                : snapshot().decision().path("policy").path("name").asText() + " v"
                        + snapshot().decision().path("policy").path("version").asText();
    }

    @Restricted(NoExternalUse.class)
    public boolean isRejected() {
        return snapshot() != null && snapshot().isHeldBy("rejected", "blocked");
    }

    @Restricted(NoExternalUse.class)
    public boolean isLookedAt() {
        return snapshot() != null;
    }

    @Restricted(NoExternalUse.class)
    public boolean isWaiting() {
        return entry.state().equals(GateEntry.WAITING);
    }

    /** How the gate stands, in words. */
    @Restricted(NoExternalUse.class)
    public String getStateText() {
        return switch (entry.state()) {
            case GateEntry.WAITING -> isRejected() ? Messages.GatePage_Rejected() : Messages.GatePage_Waiting();
            case GateEntry.OPEN ->
                entry.promotedTo().isEmpty() ? Messages.GatePage_Open() : Messages.GatePage_Promoted();
            case GateEntry.EXPIRED -> Messages.GatePage_Expired();
            case GateEntry.ABORTED -> Messages.GatePage_Aborted();
            default ->
                snapshot() == null
                        ? Messages.GatePage_Noted()
                        : snapshot().isOpen()
                                ? Messages.GatePage_Open()
                                : isRejected() ? Messages.GatePage_Rejected() : Messages.GatePage_Held();
        };
    }

    /** For style sheets: {@code waiting}, {@code open}, {@code rejected} or {@code ended}. */
    @Restricted(NoExternalUse.class)
    public String getTone() {
        return switch (entry.state()) {
            case GateEntry.WAITING -> isRejected() ? "rejected" : "waiting";
            case GateEntry.OPEN -> "open";
            case GateEntry.NOTED ->
                isRejected() ? "rejected" : snapshot() != null && snapshot().isOpen() ? "open" : "waiting";
            default -> "ended";
        };
    }

    @Restricted(NoExternalUse.class)
    public String getDeadlineText() {
        return entry.deadline() == 0
                ? ""
                : Instant.ofEpochMilli(entry.deadline())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString();
    }

    /** How long until the deadline, or since; empty when there is none. */
    @Restricted(NoExternalUse.class)
    public String getTimeLeft() {
        if (entry.deadline() == 0 || !isWaiting()) {
            return "";
        }
        Duration left = Duration.ofMillis(entry.deadline() - System.currentTimeMillis());
        return left.isNegative() ? "" : hudson.Util.getTimeSpanString(left.toMillis());
    }

    /** The remote API. */
    public Api getApi() {
        return new Api(this);
    }

    /** What the person who asks may do here. */
    @Restricted(NoExternalUse.class)
    public ApproverView getApprover() {
        return ApproverView.of(home, entry);
    }

    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doApprove(StaplerRequest2 request) {
        return GateActs.say(this, Saying.Word.APPROVE, request);
    }

    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doReject(StaplerRequest2 request) {
        return GateActs.say(this, Saying.Word.REJECT, request);
    }

    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doWithdraw(StaplerRequest2 request) {
        return GateActs.say(this, Saying.Word.WITHDRAW, request);
    }

    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doOverride(StaplerRequest2 request) {
        return GateActs.say(this, Saying.Word.OVERRIDE, request);
    }

    /** The statement as a file, to be signed offline. */
    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doRequest(StaplerRequest2 request) {
        return GateActs.request(this, request);
    }

    /** The signature that was made offline. */
    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doUpload(StaplerRequest2 request) {
        return GateActs.upload(this, request);
    }

    /** Asks the registry again, soon. */
    @POST
    @Restricted(NoExternalUse.class)
    public HttpResponse doLook(StaplerRequest2 request) {
        return GateActs.look(this, request);
    }

    /** One requirement of the stage. */
    @ExportedBean(defaultVisibility = 2)
    public static final class RequirementView {
        private final String role;
        private final int count;
        private final boolean token;
        private final List<CountedView> counted = new ArrayList<>();
        private final List<String> candidates = new ArrayList<>();
        private int open;

        private RequirementView(String role, int count, boolean token) {
            this.role = role;
            this.count = count;
            this.token = token;
        }

        static List<RequirementView> of(GateSnapshot snapshot) {
            List<RequirementView> requirements = new ArrayList<>();
            for (JsonNode need : snapshot.list("requirements")) {
                requirements.add(new RequirementView(
                        need.path("role").asText(),
                        need.path("count").asInt(),
                        need.path("token").asBoolean()));
            }
            for (JsonNode entry : snapshot.list("decision", "counted")) {
                int index = entry.path("requirement").asInt();
                if (index < requirements.size()) {
                    requirements.get(index).counted.add(new CountedView(entry, snapshot));
                }
            }
            for (JsonNode entry : snapshot.list("decision", "missing")) {
                int index = entry.path("requirement").asInt();
                if (index < requirements.size()) {
                    RequirementView requirement = requirements.get(index);
                    requirement.open = entry.path("open").asInt();
                    entry.path("couldStillApprove")
                            .forEach(one -> requirement.candidates.add(
                                    one.path("person").asText()));
                }
            }
            return requirements;
        }

        @Exported
        public String getRole() {
            return role;
        }

        @Exported
        public int getCount() {
            return count;
        }

        @Exported
        public boolean isToken() {
            return token;
        }

        @Exported
        public boolean isMet() {
            return open == 0 && counted.size() >= count;
        }

        @Exported(inline = true)
        public List<CountedView> getCounted() {
            return counted;
        }

        /** Who could fill an empty place. */
        @Exported
        public List<String> getCandidates() {
            return candidates;
        }

        @Restricted(NoExternalUse.class)
        public String getCandidatesText() {
            return String.join(", ", candidates);
        }
    }

    /** A person in a place. */
    @ExportedBean(defaultVisibility = 2)
    public static final class CountedView {
        private final JsonNode json;
        private final String comment;
        private final boolean identity;

        private CountedView(JsonNode json, GateSnapshot snapshot) {
            this.json = json;
            this.identity = snapshot.isByIdentity(json.path("statement").asText());
            this.comment = snapshot.comment(json.path("statement").asText());
        }

        @Exported
        public String getPerson() {
            return json.path("person").asText();
        }

        /** Fingerprint of the key that signed. */
        @Exported
        public String getKey() {
            return json.path("key").asText();
        }

        /** Whether a Jenkins said who it was; the key is that Jenkins' then. */
        @Exported
        public boolean isIdentity() {
            return identity;
        }

        @Restricted(NoExternalUse.class)
        public String getShortKey() {
            return GateLog.shortKey(getKey());
        }

        @Exported
        public boolean isToken() {
            return json.path("token").asBoolean();
        }

        @Exported
        public String getIssuedAt() {
            return json.path("issuedAt").asText();
        }

        @Exported
        public String getStatement() {
            return json.path("statement").asText();
        }

        @Exported
        public String getComment() {
            return comment;
        }
    }

    /** A statement that does not count. */
    @ExportedBean(defaultVisibility = 2)
    public static final class SetAsideView {
        private final JsonNode json;

        private SetAsideView(JsonNode json) {
            this.json = json;
        }

        static List<SetAsideView> of(GateSnapshot snapshot) {
            return snapshot.list("decision", "setAside").stream()
                    .filter(GateLog::isWorthTelling)
                    .map(SetAsideView::new)
                    .toList();
        }

        @Exported
        public String getKind() {
            return json.path("kind").asText();
        }

        @Exported
        public String getPerson() {
            return json.path("person").asText();
        }

        @Exported
        public String getReason() {
            return json.path("reason").asText();
        }

        /** In English. */
        @Exported
        public String getText() {
            return json.path("text").asText();
        }

        /** Of what sort it is, in the reader's language. */
        @Restricted(NoExternalUse.class)
        public String getShownKind() {
            return ReadersLanguage.text(Kinds.sentence(getKind()));
        }

        /** Why it does not count, in the reader's language. */
        @Restricted(NoExternalUse.class)
        public String getShownText() {
            return ReadersLanguage.text(GateSnapshot.sentence(json));
        }
    }

    /** A stage of the policy, and how this image stands there. */
    @Restricted(NoExternalUse.class)
    public static final class StageView {
        private final String name;
        private final String state;
        private final int approved;
        private final int needed;
        private final boolean here;

        StageView(String name, String state, int approved, int needed, boolean here) {
            this.name = name;
            this.state = state;
            this.approved = approved;
            this.needed = needed;
            this.here = here;
        }

        public String getName() {
            return name;
        }

        /** {@code sealed}, {@code open}, {@code held} or {@code rejected}. */
        public String getState() {
            return state;
        }

        public String getStateText() {
            return switch (state) {
                case "sealed" -> Messages.StageView_Sealed();
                case "open" -> Messages.StageView_Open();
                case "rejected" -> Messages.StageView_Rejected();
                default -> Messages.StageView_Held();
            };
        }

        /** How many approvals there are of how many; empty for a stage that needs none, and when it is not known. */
        public String getProgress() {
            return needed == 0 ? "" : Messages.StageView_Progress(approved, needed);
        }

        public boolean isHere() {
            return here;
        }
    }
}
