package io.jenkins.plugins.countersign.approval;

import hudson.AbortException;
import hudson.Util;
import hudson.model.User;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.Kinds;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.request.Request;
import io.jenkins.plugins.countersign.engine.request.RequestException;
import io.jenkins.plugins.countersign.engine.request.SignedRequest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.apache.commons.fileupload2.core.FileItem;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.StaplerRequest2;

/**
 * What people do at a gate through Jenkins. Jenkins' permission opens the door; what a statement counts for, its signature and
 * the trust policy say.
 */
final class GateActs {

    private static final Logger LOGGER = Logger.getLogger(GateActs.class.getName());

    private static final int MAX_TEXT = 4000;

    private GateActs() {}

    /** Signs with the person's own key from their own credentials, or says who they are; here on the controller. */
    static HttpResponse say(GatePage page, Saying.Word word, StaplerRequest2 request) {
        requirePermission(page, word);
        return ActResponse.of(request, page, () -> {
            User user = actor();
            requireThisImage(page, request);
            String id = Util.fixEmptyAndTrim(request.getParameter("credentialsId"));
            String role = Util.fixNull(request.getParameter("role")).trim();
            String comment = comment(request);
            List<Digest> targets = targets(request);
            List<Digest> evidence = evidence(page, request);
            return Idempotency.once(
                    user.getId(),
                    request.getHeader("Idempotency-Key"),
                    List.of(
                            page.getUrl(),
                            word.word(),
                            String.valueOf(id),
                            role,
                            comment,
                            targets.toString(),
                            evidence.toString()),
                    () -> {
                        TrustPolicy policy = GatePolicy.current().policy();
                        Person person = person(policy, user);
                        requireFourEyes(page, word, user, person);
                        ImageLocation location = location(page);
                        Saying saying = new Saying(
                                word,
                                page.getStage(),
                                role,
                                comment,
                                targets,
                                evidence,
                                page.home().origin(page.getStage()));
                        return sign(page, saying, policy, person, user, id, location);
                    });
        });
    }

    private static String sign(
            GatePage page,
            Saying saying,
            TrustPolicy policy,
            Person person,
            User user,
            String keyIdOrNull,
            ImageLocation location)
            throws IOException, KeyException, StatementException, LedgerException, ActRefusedException {
        try (Repository repository = Registries.open(location, Progress.NONE);
                SigningKey signer = signer(keyIdOrNull, user, location)) {
            Saying.Draft draft =
                    saying.draft(repository, Digest.parse(page.getDigest()), page.getTag(), policy, signer, person);
            // First in the ledger: an act that cannot be written down is not done.
            GateLedger.acted(
                    saying.word().kind(),
                    user.getId(),
                    person.name(),
                    saying.role(),
                    page.entry(),
                    page.home(),
                    saying.comment(),
                    keyIdOrNull == null);
            Saying.Said said = draft.sign();
            done(page, saying.word().kind(), said.person(), saying.comment());
            return Messages.GateActs_Done(
                    saying.word().kindText(),
                    said.person(),
                    said.role(),
                    said.manifest().toString());
        }
    }

    /** The person's own key; without one, the key with which this controller says who they are. */
    private static SigningKey signer(String keyIdOrNull, User user, ImageLocation location)
            throws IOException, KeyException, ActRefusedException {
        if (keyIdOrNull == null) {
            if (!IdentityKey.isConfigured()) {
                throw new ActRefusedException(422, Messages.GateActs_NoKey("", user.getId()));
            }
            return IdentityKey.open(location);
        }
        return SigningKeys.signer(SigningKeys.findOwn(keyIdOrNull, SigningKeyCredentials.class, user, location)
                .orElseThrow(() -> new ActRefusedException(422, Messages.GateActs_NoKey(keyIdOrNull, user.getId()))));
    }

    /** The statement as a file, whole, so that it can be signed on a machine that Jenkins never sees. */
    static HttpResponse request(GatePage page, StaplerRequest2 request) {
        Saying.Word word = word(request);
        requirePermission(page, word);
        return ActResponse.fileOf(request, page, "countersign-request.json", () -> {
            User user = actor();
            requireThisImage(page, request);
            TrustPolicy policy = GatePolicy.current().policy();
            Person person = person(policy, user);
            requireFourEyes(page, word, user, person);
            Saying saying = new Saying(
                    word,
                    page.getStage(),
                    Util.fixNull(request.getParameter("role")).trim(),
                    comment(request),
                    targets(request),
                    evidence(page, request),
                    page.home().origin(page.getStage()));
            try (Repository repository = Registries.open(location(page), Progress.NONE)) {
                return saying.request(repository, Digest.parse(page.getDigest()), page.getTag(), policy, person)
                        .toBytes();
            }
        });
    }

    /** Takes a signature that was made elsewhere. Whose it is, the keys of the trust policy say, and not who brings it. */
    static HttpResponse upload(GatePage page, StaplerRequest2 request) {
        page.home().job().checkPermission(ApprovalPermissions.APPROVE);
        return ActResponse.of(request, page, () -> {
            User user = actor();
            Request wanted = Request.read(file(request, "request"));
            byte[] signature = file(request, "signature");
            if (!wanted.repository().equals(page.getRepository())
                    || !wanted.image().toString().equals(page.getDigest())) {
                throw new ActRefusedException(
                        409, Messages.GateActs_OtherImage(wanted.repository() + "@" + wanted.image(), page.getImage()));
            }
            TrustPolicy policy = GatePolicy.current().policy();
            Word word = Word.of(wanted, page.getStage());
            if (word.kind().equals(GateRecord.Kind.OVERRIDE.word())) {
                page.home().job().checkPermission(ApprovalPermissions.OVERRIDE);
            }
            Person person = policy.person(word.person())
                    .orElseThrow(() -> new ActRefusedException(422, Messages.GateActs_UnknownPerson(word.person())));
            if (word.kind().equals("approval") || word.kind().equals(GateRecord.Kind.OVERRIDE.word())) {
                refuse(FourEyes.objection(page.home(), null, person).orElse(null));
            }
            List<PublicKey> keys = person.keys().stream().map(PolicyKey::key).toList();
            SignedRequest signed = wanted.accept(signature, keys);
            try (Repository repository = Registries.open(location(page), Progress.NONE)) {
                GateLedger.acted(
                        word.kind(),
                        user.getId(),
                        person.name(),
                        word.role(),
                        page.entry(),
                        page.home(),
                        word.comment(),
                        false);
                Digest manifest = signed.attachTo(repository, Instant.now());
                done(page, word.kind(), person.name(), word.comment());
                return Messages.GateActs_Done(
                        ReadersLanguage.text(Kinds.sentence(word.kind())),
                        person.name(),
                        word.role(),
                        manifest.toString());
            }
        });
    }

    static HttpResponse look(GatePage page, StaplerRequest2 request) {
        page.home().job().checkPermission(ApprovalPermissions.APPROVE);
        return ActResponse.of(request, page, () -> {
            if (page.getDigest().isEmpty()) {
                throw new ActRefusedException(409, Messages.GateActs_NotResolved(page.getImage()));
            }
            lookAgain(page);
            return Messages.GateActs_Looking();
        });
    }

    private static void done(GatePage page, String kind, String person, String comment) {
        ApprovalListener.fire(listener -> listener.onStatement(page, kind, person, comment));
        lookAgain(page);
    }

    private static void lookAgain(GatePage page) {
        WaitingGates.wake(page.getRepository(), Digest.parse(page.getDigest()));
        if (!page.isWaiting()) {
            WaitingGates.get().ask(page.getRepository(), () -> lookOnce(page.home(), page.entry()));
        }
    }

    /** For an image that no gate waits for: keeps what is to be seen now. */
    static void lookOnce(GateHome home, GateEntry entry) {
        WaitingGates.look(entry.repository(), Digest.parse(entry.digest()), reading -> {
            try {
                if (reading.gathering() == null) {
                    entry.lookedInVain(reading.unknown());
                    return;
                }
                BuildFacts facts = home.facts(entry.stage());
                GateInput input = reading.input(GatePolicy.current(), entry.stage(), facts);
                LastApproved.compare(home, entry, reading.repository());
                if (entry.saw(GateSnapshot.of(input, Gate.decide(input), reading.gathering()))) {
                    home.save();
                }
            } catch (IOException | PolicyException | LedgerException e) {
                entry.lookedInVain(e.getMessage());
                LOGGER.log(Level.FINE, "no look at " + entry.image(), e);
            }
        });
    }

    private static void requirePermission(GatePage page, Saying.Word word) {
        page.home()
                .job()
                .checkPermission(
                        word == Saying.Word.OVERRIDE ? ApprovalPermissions.OVERRIDE : ApprovalPermissions.APPROVE);
    }

    private static User actor() throws ActRefusedException {
        User user = User.current();
        if (user == null) {
            throw new ActRefusedException(403, Messages.GateActs_Anonymous());
        }
        return user;
    }

    private static Person person(TrustPolicy policy, User user) throws ActRefusedException {
        return policy.personKnownAs(user.getId())
                .orElseThrow(() -> new ActRefusedException(403, Messages.ApproverView_Unknown(user.getId())));
    }

    private static void requireFourEyes(GatePage page, Saying.Word word, User user, Person person)
            throws ActRefusedException {
        if (word == Saying.Word.APPROVE || word == Saying.Word.OVERRIDE) {
            refuse(FourEyes.objection(page.home(), user, person).orElse(null));
        }
    }

    private static void refuse(String objectionOrNull) throws ActRefusedException {
        if (objectionOrNull != null) {
            throw new ActRefusedException(403, objectionOrNull);
        }
    }

    /** What was on the screen is what is signed, or nothing is. */
    private static void requireThisImage(GatePage page, StaplerRequest2 request) throws ActRefusedException {
        String shown = Util.fixNull(request.getParameter("digest"));
        if (page.getDigest().isEmpty() || !shown.equals(page.getDigest())) {
            throw new ActRefusedException(409, Messages.GateActs_OtherImage(shown, page.getImage()));
        }
    }

    private static String comment(StaplerRequest2 request) throws ActRefusedException {
        String comment = Util.fixNull(request.getParameter("comment")).trim();
        if (comment.length() > MAX_TEXT) {
            throw new ActRefusedException(400, Messages.GateActs_TooLong(MAX_TEXT));
        }
        return comment;
    }

    private static List<Digest> targets(StaplerRequest2 request) throws ActRefusedException {
        String target = Util.fixEmptyAndTrim(request.getParameter("statement"));
        try {
            return target == null ? List.of() : List.of(Digest.parse(target));
        } catch (IllegalArgumentException e) {
            throw new ActRefusedException(400, e.getMessage());
        }
    }

    /** What was shown with the image: each must be attached to it, or somebody would sign for what was never there. */
    private static List<Digest> evidence(GatePage page, StaplerRequest2 request) throws ActRefusedException {
        String[] shown = request.getParameterValues("evidence");
        if (shown == null) {
            return List.of();
        }
        Set<String> attached =
                page.getEvidence().stream().map(EvidenceView::getStatement).collect(Collectors.toSet());
        Set<Digest> evidence = new LinkedHashSet<>();
        for (String one : shown) {
            if (!attached.contains(one)) {
                throw new ActRefusedException(409, Messages.GateActs_OtherEvidence(one));
            }
            evidence.add(Digest.parse(one));
        }
        return List.copyOf(evidence);
    }

    private static Saying.Word word(StaplerRequest2 request) {
        return Saying.Word.of(Util.fixNull(request.getParameter("decision"))).orElse(Saying.Word.APPROVE);
    }

    private static ImageLocation location(GatePage page) {
        return new ImageLocation(page.getRepository(), null, Digest.parse(page.getDigest()));
    }

    private static byte[] file(StaplerRequest2 request, String name) throws ActRefusedException, IOException {
        FileItem<?> item;
        try {
            item = request.getFileItem2(name);
        } catch (ServletException e) {
            throw new ActRefusedException(400, Messages.GateActs_NoFile(name));
        }
        if (item == null || item.getSize() == 0) {
            throw new ActRefusedException(400, Messages.GateActs_NoFile(name));
        }
        try {
            if (item.getSize() > Request.MAX_BYTES) {
                throw new ActRefusedException(400, Messages.GateActs_TooLong(Request.MAX_BYTES));
            }
            return item.get();
        } finally {
            item.delete();
        }
    }

    /** What a file that came back says, and for which stage. */
    private record Word(String kind, String person, String role, String comment) {

        static Word of(Request request, String stage) throws StatementException, ActRefusedException {
            String about;
            Word word;
            if (request.isRecord()) {
                GateRecord record = GateRecord.read(request.payload());
                about = record.stage();
                word = new Word(record.kind().word(), record.author(), record.role(), record.reason());
            } else {
                Approval approval = Approval.read(request.payload());
                about = approval.stage();
                word = new Word("approval", approval.approver(), approval.role(), approval.comment());
            }
            if (!about.equals(stage) && !about.isEmpty()) {
                throw new ActRefusedException(409, Messages.GateActs_OtherStage(about, stage));
            }
            return word;
        }
    }

    /** Refused, for a reason that the person should read. */
    static final class ActRefusedException extends Exception {

        private static final long serialVersionUID = 1L;

        private final int status;

        ActRefusedException(int status, String message) {
            super(message);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    static int statusOf(Exception e) {
        if (e instanceof ActRefusedException refused) {
            return refused.status();
        }
        if (e instanceof RegistryException || e instanceof AbortException) {
            return 502;
        }
        if (e instanceof StatementException || e instanceof KeyException || e instanceof RequestException) {
            return 422;
        }
        return e instanceof PolicyException || e instanceof LedgerException ? 503 : 500;
    }

    /** Why it was refused, in the reader's language; what a registry or the reader of a key said is quoted. */
    static String textOf(Exception e) {
        if (e instanceof StatementException refused) {
            return ReadersLanguage.text(refused.sentence());
        }
        return e instanceof RegistryException
                        || e instanceof KeyException
                        || e instanceof RequestException
                        || e instanceof PolicyException
                        || e instanceof LedgerException
                ? ReadersLanguage.text(Sentence.of("approval.actFailed", e.getMessage()))
                : e.getMessage();
    }
}
