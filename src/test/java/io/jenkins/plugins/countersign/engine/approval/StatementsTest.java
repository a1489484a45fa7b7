package io.jenkins.plugins.countersign.engine.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.Test;

/** Statements are read strictly, and their parts must agree. */
public class StatementsTest {

    private static final PolicyReference POLICY = new PolicyReference("acme", 7, Scene.digest("policy"));
    private static final Approval FULL = Approval.of(Scene.IMAGE, "qa", "qa", "carol", POLICY, Scene.NOW, 3)
            .withRequest("r-1")
            .withEvidence(List.of(Scene.digest("scan")))
            .withExpiry(Scene.NOW.plusSeconds(60))
            .withOrigin(new Origin("https://ci.example.com/42/", "abc", List.of("grace@example.com")))
            .withComment("tried \"it\"\nmyself");

    @Test
    public void anApprovalIsReadAsItWasWritten() throws Exception {
        assertEquals(FULL, Approval.read(FULL.payload()));
        Approval bare = Approval.of(Scene.IMAGE, "qa", "qa", "carol", POLICY, Scene.NOW, 1);
        assertEquals(bare, Approval.read(bare.payload()));
        assertArrayEquals(bare.payload(), Approval.read(bare.payload()).payload());
    }

    @Test
    public void everyRecordIsReadAsItWasWritten() throws Exception {
        Digest target = Scene.digest("t");
        for (GateRecord record : List.of(
                GateRecord.rejection(Scene.IMAGE, "qa", "qa", "carol", POLICY, "no", Scene.NOW, 1),
                GateRecord.withdrawal(Scene.IMAGE, "qa", "carol", POLICY, List.of(target), "no", Scene.NOW, 2),
                GateRecord.block(Scene.IMAGE, "qa", "carol", POLICY, "no", Scene.NOW, 1),
                GateRecord.override(
                        Scene.IMAGE, "qa", "security", "alice", POLICY, List.of(target), "no", Scene.NOW, 1),
                GateRecord.rollback(
                        Scene.IMAGE,
                        "qa",
                        "qa",
                        "carol",
                        POLICY,
                        target,
                        "no",
                        Scene.NOW,
                        Scene.NOW.plusSeconds(1),
                        1))) {
            assertEquals(record, GateRecord.read(record.payload()));
        }
    }

    @Test
    public void eachDefectOfAnApprovalIsNamed() {
        Map.<String[], String>ofEntries(
                        change(
                                "\"decision\":\"approved\"",
                                "\"decision\":\"rejected\"",
                                "predicate.decision is \"rejected\""),
                        change("\"decision\":\"approved\",", "", "predicate.decision is missing"),
                        change(
                                "\"sequence\":3",
                                "\"sequence\":0",
                                "predicate.sequence is not a whole number of at least 1"),
                        change("\"sequence\":3", "\"sequence\":3.0", "predicate.sequence is not a whole number"),
                        change("\"sequence\":3", "\"sequence\":\"3\"", "predicate.sequence is not a whole number"),
                        change("\"sequence\":3", "\"sequence\":3,\"sequence\":4", "Duplicate field 'sequence'"),
                        change(
                                "\"sequence\":3",
                                "\"sequence\":3,\"onlyIf\":1",
                                "predicate has the unknown member \"onlyIf\""),
                        change(
                                "\"issuedAt\":\"2026-11-22T12:00:00Z\"",
                                "\"issuedAt\":\"yesterday\"",
                                "predicate.issuedAt is"),
                        change(
                                "\"issuedAt\":\"2026-11-22T12:00:00Z\"",
                                "\"issuedAt\":\"2026-11-22T13:00:00+01:00\"",
                                "predicate.issuedAt is"),
                        change(
                                "\"issuedAt\":\"2026-11-22T12:00:00Z\"",
                                "\"issuedAt\":\"-999999999-01-01T00:00:00Z\"",
                                "issuedAt"),
                        change(
                                "\"stage\":\"qa\",\"role\":\"qa\",\"approver\"",
                                "\"stage\":\"prod\",\"role\":\"qa\",\"approver\"",
                                "a subject's annotation \"stage\" is \"qa\", and the predicate says \"prod\""),
                        change(
                                "\"stage\":\"qa\",\"role\":\"qa\",\"approver\"",
                                "\"stage\":\"qa\",\"role\":\"release\",\"approver\"",
                                "a subject's annotation \"role\" is \"qa\", and the predicate says \"release\""),
                        change(
                                "\"digest\":{\"sha256\":",
                                "\"digest\":{\"sha512\":\"" + "0".repeat(128) + "\",\"sha256\":",
                                "a subject has 2 digests, expected one"),
                        change(
                                "\"evidence\":[",
                                "\"evidence\":[" + ("\"" + Scene.digest("scan") + "\",").repeat(256),
                                "predicate.evidence is not a list of at most 256"),
                        change(
                                "tried ",
                                "x".repeat(Approval.MAX_LENGTH),
                                "at most " + Approval.MAX_LENGTH + " are read"),
                        change("\"approver\":\"carol\"", "\"approver\":\"\"", "predicate.approver is missing or empty"),
                        change("\"approver\":\"carol\"", "\"approver\":null", "predicate.approver is not a string"),
                        change(
                                "\"tag\":\"1.0\"",
                                "\"tag\":\"" + "x".repeat(5000) + "\"",
                                "has more than 4096 characters"),
                        change(
                                "https://in-toto.io/Statement/v1",
                                "https://in-toto.io/Statement/v9",
                                "the payload is a"),
                        change(
                                Approval.PREDICATE_TYPE,
                                Approval.PREDICATE_TYPE + "0",
                                "expected " + Approval.PREDICATE_TYPE),
                        change(
                                "\"name\":\"registry.example.com/app\"",
                                "\"name\":\"registry.example.com/evil\"",
                                "a subject is named"),
                        change(
                                "\"evidence\":[\"sha256:",
                                "\"evidence\":[\"md5:",
                                "predicate.evidence: digest algorithm"))
                .forEach((change, message) -> assertRefused(change[0], change[1], message));
    }

    @Test
    public void theFirstSubjectIsTheImage() {
        String payload = new String(FULL.payload(), StandardCharsets.UTF_8);
        String image = Scene.IMAGE.digest().hex();
        String platform = Scene.IMAGE.platforms().get(0).hex();
        String swapped =
                payload.replaceFirst(image, "X").replaceFirst(platform, image).replaceFirst("X", platform);
        StatementException e =
                assertThrows(StatementException.class, () -> Approval.read(swapped.getBytes(StandardCharsets.UTF_8)));
        assertThat(e.getMessage(), containsString("and the first subject is sha256:" + platform));
        String twice =
                payload.replaceFirst(platform, Scene.IMAGE.platforms().get(1).hex());
        e = assertThrows(StatementException.class, () -> Approval.read(twice.getBytes(StandardCharsets.UTF_8)));
        assertThat(e.getMessage(), containsString("a subject stands twice"));
    }

    @Test
    public void aRecordWhosePartsDoNotFitItsKindIsRefused() {
        String rejection = new String(
                GateRecord.rejection(Scene.IMAGE, "qa", "qa", "carol", POLICY, "no", Scene.NOW, 1)
                        .payload(),
                StandardCharsets.UTF_8);
        for (String[] change : new String[][] {
            {"\"kind\":\"rejection\"", "\"kind\":\"withdrawal\"", "a withdrawal that names no statement"},
            {"\"kind\":\"rejection\"", "\"kind\":\"rollback\"", "a rollback that has a wrong \"from\""},
            {"\"kind\":\"rejection\"", "\"kind\":\"block\"", "a block that has a wrong stage"},
            {"\"kind\":\"rejection\"", "\"kind\":\"approval\"", "record.kind \"approval\" is not known"},
            {"\"role\":\"qa\",", "", "a rejection that has a wrong role"},
            {"\"reason\":\"no\"", "\"reason\":\" \"", "a rejection that gives no reason"},
            {
                "\"reason\":\"no\"",
                "\"reason\":\"no\",\"expiresAt\":\"2027-01-01T00:00:00Z\"",
                "a rejection that cannot expire"
            },
            {"\"reason\":\"no\"", "\"reason\":\"no\",\"until\":\"tomorrow\"", "unknown member \"until\""},
            {"/record/v1", "/record/v2", "record.type is"}
        }) {
            assertTrue(rejection.contains(change[0]));
            StatementException e = assertThrows(
                    change[1],
                    StatementException.class,
                    () -> GateRecord.read(
                            rejection.replace(change[0], change[1]).getBytes(StandardCharsets.UTF_8)));
            assertThat(e.getMessage(), containsString(change[2]));
        }
    }

    /** A record must not read as an in-toto statement to anybody, whatever it is wrapped in. */
    @Test
    public void aRecordHasNothingOfAnInTotoStatement() {
        String rejection = new String(
                GateRecord.rejection(Scene.IMAGE, "qa", "qa", "carol", POLICY, "no", Scene.NOW, 1)
                        .payload(),
                StandardCharsets.UTF_8);
        for (String member : List.of("_type", "subject", "predicateType", "predicate")) {
            assertFalse(rejection.contains("\"" + member + "\""));
        }
    }

    @Test
    public void textOfStrangersSendsNothingToATerminal() {
        Scene scene = Scene.qa();
        scene.add(scene.approval("carol", "qa").withComment("x"), "mallory");
        scene.add(
                Approval.of(
                        Scene.IMAGE, "qa", "qa", "\u001b[2Jcarol\u202e\r\n", scene.reference(), Scene.ago("PT1H"), 1),
                "mallory");
        String text = scene.decide().toText();
        assertFalse(text.contains("\u001b"));
        assertFalse(text.contains("\u202e"));
        assertThat(text, containsString("\"?[2Jcarol???\""));
    }

    @Test
    public void theJsonOfADecisionSaysWhatTheTextSays() {
        Scene scene = Scene.qa().approved("frank", "qa");
        var json = scene.decide().toJson();
        assertEquals(1, json.path("schemaVersion").asInt());
        assertEquals("held", json.path("decision").asText());
        assertEquals("approvals-missing", json.at("/holds/0/reason").asText());
        assertEquals("not-in-role", json.at("/setAside/0/reason").asText());
        assertEquals("carol", json.at("/missing/0/couldStillApprove/0/person").asText());
        assertEquals("carol", json.at("/enough/0/person").asText());
        json = scene.approved("carol", "qa").decide().toJson();
        assertEquals("open", json.path("decision").asText());
        assertEquals("carol", json.at("/counted/0/person").asText());
        assertEquals("2027-02-01T00:00:00Z", json.path("openUntil").asText());
        assertEquals(
                Scene.digest(scene.approval("carol", "qa")).toString(),
                json.at("/counted/0/statement").asText());
    }

    @Test
    public void sequencesCountUpForPersonStageAndRole() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(scene.rejection("carol", "qa"), "carol");
        List<SignedStatement> statements =
                StatementReader.read(scene.found, scene.policy).statements();
        assertEquals(3, Approvals.nextSequence(statements, "Carol", "qa", "qa"));
        assertEquals(1, Approvals.nextSequence(statements, "carol", "qa", "security"));
        assertEquals(1, Approvals.nextSequence(statements, "erin", "qa", "qa"));
    }

    @Test
    public void whatWouldNotCountIsRefusedBeforeItIsSigned() throws Exception {
        Scene scene = Scene.qa();
        var carol =
                io.jenkins.plugins.countersign.engine.trust.TestKeys.of("carol").publicKey();
        Approvals.requireEntitled(scene.policy, "Carol", "qa", carol, Scene.NOW);
        for (String[] wrong : new String[][] {
            {"mallory", "qa", "has no person \"mallory\""},
            {"erin", "qa", "is not one that the trust policy gives to erin"},
            {"carol", "release", "carol is not in the role \"release\""}
        }) {
            StatementException e = assertThrows(
                    StatementException.class,
                    () -> Approvals.requireEntitled(scene.policy, wrong[0], wrong[1], carol, Scene.NOW));
            assertThat(e.getMessage(), containsString(wrong[2]));
        }
    }

    private static Map.Entry<String[], String> change(String from, String to, String message) {
        return Map.entry(new String[] {from, to}, message);
    }

    private static void assertRefused(String from, String to, String message) {
        String payload = new String(FULL.payload(), StandardCharsets.UTF_8);
        assertTrue(from + " is not in " + payload, payload.contains(from));
        StatementException e = assertThrows(
                to,
                StatementException.class,
                () -> Approval.read(payload.replace(from, to).getBytes(StandardCharsets.UTF_8)));
        assertThat(e.getMessage(), containsString(message));
    }
}
