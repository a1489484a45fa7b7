package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import hudson.AbortException;
import hudson.FilePath;
import hudson.console.HyperlinkNote;
import hudson.model.Result;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.audit.RecordKind;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.NotFoundException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.jenkinsci.plugins.workflow.support.actions.PauseAction;

/**
 * A gate that waits in a Pipeline. What survives a restart are names, a digest and the absolute deadline; everything that
 * decides is read again.
 */
public class AwaitApprovalsExecution extends StepExecution implements WaitingGate {

    private static final long serialVersionUID = 1L;

    private static final Logger LOGGER = Logger.getLogger(AwaitApprovalsExecution.class.getName());

    private static final Duration RESOLVE_AGAIN = Duration.ofSeconds(30);

    private final String image;
    private final String stage;
    private final String message;
    private final long timeout;
    private String repository;
    private String digest;
    private long deadline;
    private int entry;

    private transient volatile boolean done;
    /** Whether it opened before the controller was killed, and the Pipeline did not hear of it: in time, whatever time it is. */
    private transient volatile boolean openedBefore;

    private transient volatile BuildFacts facts;
    private transient volatile Set<String> candidates;

    AwaitApprovalsExecution(StepContext context, String image, String stage, String message, long timeoutMillis) {
        super(context);
        this.image = image;
        this.stage = stage;
        this.message = message;
        this.timeout = timeoutMillis;
    }

    @Override
    public boolean start() throws Exception {
        ImageLocation location;
        try {
            location = ImageLocation.parse(image);
        } catch (IllegalArgumentException e) {
            throw new AbortException(Messages.AwaitApprovals_NotAnImage(e.getMessage()));
        }
        if (location.isLayout()) {
            throw new AbortException(Messages.FormChecks_NoFolder());
        }
        requireStage();
        repository = location.repository();
        digest = location.digest().map(Digest::toString).orElse("");
        long now = System.currentTimeMillis();
        deadline = timeout == 0 ? 0 : now + timeout;
        Run<?, ?> run = run();
        ImageApprovalsAction action = ImageApprovalsAction.of(run);
        GateEntry noted = action.add(
                repository, location.tag().orElse(""), digest, stage, message, now, deadline, GateEntry.WAITING);
        entry = noted.number();
        save();
        node().addAction(new PauseAction(Messages.AwaitApprovals_Pause()));
        announce(run, noted);
        begin(false);
        return false;
    }

    /** A mistake fails at once. A policy that cannot be read now may be read later, and holds the gate until then. */
    private void requireStage() throws AbortException {
        TrustedPolicy policy;
        try {
            policy = GatePolicy.forPages();
            if (policy.policy().stage(stage).isEmpty()) {
                policy = GatePolicy.current();
            }
        } catch (GatePolicy.NotReadYet e) {
            return;
        } catch (AbortException e) {
            throw e;
        } catch (IOException | PolicyException e) {
            LOGGER.log(Level.FINE, "the stage of " + image + " is not known yet", e);
            return;
        }
        if (policy.policy().stage(stage).isEmpty()) {
            throw new AbortException(Messages.FormChecks_NoStage(
                    stage, String.join(", ", policy.policy().stages().keySet())));
        }
    }

    private void announce(Run<?, ?> run, GateEntry noted) throws IOException, InterruptedException {
        TaskListener listener = listener();
        listener.getLogger().println(Messages.AwaitApprovals_Waiting(noted.image(), stage));
        if (deadline != 0) {
            listener.getLogger().println(Messages.AwaitApprovals_Until(Instant.ofEpochMilli(deadline)));
        }
        listener.getLogger()
                .println(HyperlinkNote.encodeTo(
                        "/" + run.getUrl() + ImageApprovalsAction.URL + "/", Messages.AwaitApprovals_Link()));
        if (getContext().get(FilePath.class) != null) {
            listener.getLogger().println(Messages.AwaitApprovals_InsideNode());
        }
    }

    /** The tag is resolved once, before anything is decided; afterwards only the digest counts. */
    private void begin(boolean afterRestart) {
        if (deadline != 0 && System.currentTimeMillis() >= deadline && !openedBefore) {
            WaitingGates.get().work(this::onDeadline);
        } else if (digest.isEmpty()) {
            WaitingGates.get().ask(repository, this::resolve);
        } else {
            WaitingGates.get().add(this, afterRestart);
        }
    }

    private void resolve() {
        if (done) {
            return;
        }
        if (deadline != 0 && System.currentTimeMillis() >= deadline) {
            onDeadline();
            return;
        }
        ImageLocation location = ImageLocation.parse(image);
        try (Repository opened = Registries.open(location, Progress.NONE)) {
            String found = location.resolve(opened).toString();
            entry().resolved(found);
            digest = found;
            getContext().saveState();
            listener().getLogger().println(Messages.AwaitApprovals_Resolved(image, found));
            save();
            WaitingGates.get().add(this, false);
            if (done) {
                // It ended while its tag was being resolved.
                WaitingGates.get().remove(this);
            }
        } catch (NotFoundException e) {
            fail(new AbortException(e.getMessage()));
        } catch (AbortException | RegistryException e) {
            unknown(e.getMessage());
            WaitingGates.get().askAfter(RESOLVE_AGAIN, repository, this::resolve);
        } catch (IOException | InterruptedException e) {
            fail(e);
        }
    }

    @Override
    public void onResume() {
        try {
            openedBefore = entry().state().equals(GateEntry.OPEN);
        } catch (IOException | InterruptedException | IllegalStateException e) {
            LOGGER.log(Level.FINE, "whether the gate of " + image + " had opened is not known", e);
        }
        begin(true);
    }

    /** What has opened is decided once more, for what it lets through: somebody may have rejected it meanwhile. */
    private void closeAgain(GateEntry noted) throws IOException, InterruptedException {
        openedBefore = false;
        noted.waitAgain();
        save();
        WaitingGates.get().remove(this);
        begin(false);
    }

    @Override
    public String getStatus() {
        GateEntry noted;
        try {
            noted = entry();
        } catch (IOException | InterruptedException e) {
            return null;
        }
        String until = deadline == 0 ? "" : Messages.AwaitApprovals_Until(Instant.ofEpochMilli(deadline));
        GateSnapshot snapshot = noted.snapshot();
        String why = noted.unknown() == null && snapshot == null
                ? Messages.AwaitApprovals_NotLooked()
                : ReadersLanguage.text(why(noted));
        return Messages.AwaitApprovals_Status(stage, why, until).trim();
    }

    @Override
    public String repository() {
        return repository;
    }

    @Override
    public Digest digest() {
        return Digest.parse(digest);
    }

    @Override
    public String stage() {
        return stage;
    }

    @Override
    public Instant deadlineOrNull() {
        return deadline == 0 || openedBefore ? null : Instant.ofEpochMilli(deadline);
    }

    @Override
    public void onLook(ImageReading reading) {
        if (done) {
            return;
        }
        try {
            look(reading);
        } catch (AbortException | RegistryException | PolicyException | LedgerException e) {
            unknown(e.getMessage());
        } catch (IOException e) {
            // A gate that ended while it looked has no build to tell any more.
            LOGGER.log(
                    done ? Level.FINE : Level.WARNING,
                    "the gate of " + image + " at " + stage + " cannot keep what it saw",
                    e);
        } catch (InterruptedException e) {
            // The controller is going down; the gate resumes with it.
            Thread.currentThread().interrupt();
        }
    }

    private void look(ImageReading reading) throws IOException, InterruptedException, PolicyException, LedgerException {
        if (reading.gathering() == null) {
            unknown(reading.unknown());
            return;
        }
        GateInput input = reading.input(GatePolicy.current(), stage, facts());
        Decision decision = Gate.decide(input);
        candidates = candidates(decision);
        GateEntry noted = entry();
        GateSnapshot before = noted.snapshot();
        GateSnapshot now = GateSnapshot.of(input, decision, reading.gathering());
        LastApproved.compare(GateHome.of(run()), noted, reading.repository());
        boolean news = noted.saw(now);
        if (news) {
            GateLog.tell(before, now, listener().getLogger());
        }
        if (decision.isOpen()) {
            open(noted, now, decision);
        } else if (openedBefore) {
            closeAgain(noted);
        } else if (news) {
            save();
            ApprovalListener.fire(listener -> listener.onHeld(GatePage.of(runUnchecked(), noted)));
        }
    }

    private static Set<String> candidates(Decision decision) {
        Set<String> people = new TreeSet<>();
        decision.missing().forEach(missing -> missing.couldStillApprove().forEach(one -> people.add(one.person())));
        return people;
    }

    @Override
    public Set<String> candidates() {
        Set<String> known = candidates;
        return known == null ? Set.of() : known;
    }

    @Override
    public Optional<GatePage> page() {
        try {
            return Optional.of(GatePage.of(run(), entry()));
        } catch (IOException | InterruptedException | IllegalStateException e) {
            LOGGER.log(Level.FINE, "no page for " + image, e);
            return Optional.empty();
        }
    }

    /** In the ledger first: what is not written down there did not happen, and what is goes on. */
    private void open(GateEntry noted, GateSnapshot now, Decision decision)
            throws IOException, InterruptedException, LedgerException {
        synchronized (this) {
            if (done) {
                return;
            }
            GateLedger.decided(RecordKind.DECISION, "open", decision, run());
            done = true;
        }
        WaitingGates.get().remove(this);
        end(GateEntry.OPEN);
        listener().getLogger().println(Messages.AwaitApprovals_Open(stage, noted.image()));
        ApprovalListener.fire(listener -> listener.onOpened(GatePage.of(runUnchecked(), noted)));
        getContext().onSuccess(answer(noted, now));
    }

    /** Strings, numbers and truth values in maps and lists: a Pipeline keeps them across restarts. */
    private static Map<String, Object> answer(GateEntry noted, GateSnapshot now) {
        List<Map<String, Object>> approvals = new ArrayList<>();
        for (JsonNode counted : now.list("decision", "counted")) {
            Map<String, Object> approval = new LinkedHashMap<>();
            for (String name : List.of("person", "role", "key", "issuedAt", "statement")) {
                approval.put(name, counted.path(name).asText());
            }
            approval.put("token", counted.path("token").asBoolean());
            approval.put("comment", now.comment(counted.path("statement").asText()));
            approvals.add(approval);
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("image", noted.image());
        answer.put("digest", noted.digest());
        answer.put("stage", noted.stage());
        answer.put("policy", now.decision().path("policy").path("name").asText());
        answer.put(
                "policyVersion", now.decision().path("policy").path("version").asLong());
        answer.put("openUntil", now.decision().path("openUntil").asText());
        answer.put("approvals", approvals);
        return answer;
    }

    @Override
    public void onDeadline() {
        synchronized (this) {
            if (done) {
                return;
            }
            done = true;
        }
        if (!digest.isEmpty()) {
            WaitingGates.get().remove(this);
        }
        Sentence missing = Sentence.verbatim("");
        try {
            GateEntry noted = entry();
            missing = why(noted);
            GateLedger.ended("deadline-passed", noted, run());
            end(GateEntry.EXPIRED);
            ApprovalListener.fire(listener -> listener.onExpired(GatePage.of(runUnchecked(), noted)));
        } catch (IOException | InterruptedException | LedgerException e) {
            LOGGER.log(Level.WARNING, "the gate of " + image + " at " + stage + " expired, which cannot be kept", e);
        }
        getContext()
                .onFailure(new FlowInterruptedException(
                        Result.ABORTED, false, new DeadlinePassed(image, stage, deadline, missing)));
    }

    /** An abort of the build. It says nothing about the image, and is no rejection. */
    @Override
    public void stop(Throwable cause) throws Exception {
        synchronized (this) {
            if (done) {
                return;
            }
            done = true;
        }
        // This may be the thread of the Pipeline's program, which must not wait for its own files (JENKINS-37154).
        WaitingGates.get().work(() -> {
            try {
                if (!digest.isEmpty()) {
                    WaitingGates.get().remove(this);
                }
                GateEntry noted = entry();
                GateLedger.ended("aborted", noted, run());
                end(GateEntry.ABORTED);
                ApprovalListener.fire(listener -> listener.onAborted(GatePage.of(runUnchecked(), noted)));
            } catch (IOException | InterruptedException | LedgerException e) {
                LOGGER.log(
                        Level.WARNING,
                        "the gate of " + image + " at " + stage + " was aborted, which cannot be kept",
                        e);
            }
        });
        super.stop(cause);
    }

    private void fail(Exception why) {
        synchronized (this) {
            if (done) {
                return;
            }
            done = true;
        }
        end(GateEntry.ABORTED);
        getContext().onFailure(why);
    }

    /** Keeps on the build how the gate ended. Where that cannot be written, the build goes on all the same. */
    private void end(String how) {
        try {
            entry().end(how);
            save();
        } catch (IOException | InterruptedException e) {
            LOGGER.log(
                    Level.WARNING,
                    "the gate of " + image + " at " + stage + " is " + how + ", which its build cannot keep",
                    e);
        }
        try {
            PauseAction.endCurrentPause(node());
        } catch (IOException | InterruptedException e) {
            // After an abort the build may be over already.
            LOGGER.log(Level.FINE, "the pause for " + image + " does not end", e);
        }
    }

    private void save() throws IOException, InterruptedException {
        GateHome.of(run()).save();
    }

    /** Why the gate is held, as far as it looked. */
    private static Sentence why(GateEntry noted) {
        if (noted.unknown() != null) {
            return Sentence.of("approval.noClearAnswer", noted.unknown());
        }
        GateSnapshot snapshot = noted.snapshot();
        return snapshot == null ? Sentence.verbatim("") : snapshot.why();
    }

    private void unknown(String why) {
        try {
            GateEntry noted = entry();
            String before = noted.unknown();
            noted.lookedInVain(why);
            if (!why.equals(before)) {
                listener().getLogger().println(Sentence.of("approval.noClearAnswer", GateLog.line(why)));
            }
        } catch (IOException | InterruptedException e) {
            LOGGER.log(Level.WARNING, "the gate of " + image + " at " + stage + " cannot say: " + why, e);
        }
    }

    private BuildFacts facts() throws IOException, InterruptedException {
        if (facts == null) {
            facts = BuildOrigins.facts(run(), stage);
        }
        return facts;
    }

    private GateEntry entry() throws IOException, InterruptedException {
        return ImageApprovalsAction.of(run()).entry(entry);
    }

    private Run<?, ?> run() throws IOException, InterruptedException {
        return getContext().get(Run.class);
    }

    private Run<?, ?> runUnchecked() {
        try {
            return run();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private FlowNode node() throws IOException, InterruptedException {
        return getContext().get(FlowNode.class);
    }

    private TaskListener listener() throws IOException, InterruptedException {
        return getContext().get(TaskListener.class);
    }
}
