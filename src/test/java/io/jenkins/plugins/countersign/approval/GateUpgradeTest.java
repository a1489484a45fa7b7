package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleProject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.ExternalResource;
import org.junit.rules.RuleChain;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * A gate that began to wait under the first stored format waits on under this one. The home was recorded from a Jenkins with the
 * plugin as of 22 November 2026, while {@code waits} stood at its gate with one approval of two; only the registry's port and the
 * image's digest are replaced, by text of the same length.
 */
public class GateUpgradeTest {

    private static final String RECORDED_PORT = "38067";
    private static final String RECORDED_DIGEST = "186ebc05d3b321fe692a21b6de205710c68538bfb060c3bafc87741a940f674c";

    private final TemporaryFolder folder = new TemporaryFolder();
    private final JenkinsRule jenkins = new JenkinsRule();
    private ImageAtGate gate;

    @Rule
    public final RuleChain rules = RuleChain.outerRule(folder)
            .around(new ExternalResource() {
                @Override
                protected void before() throws Throwable {
                    gate = new ImageAtGate();
                    jenkins.withExistingHome(recorded());
                }
            })
            .around(jenkins);

    @After
    public void stopRegistry() {
        gate.close();
    }

    @Test
    public void whatWasStoredEarlierIsReadAndWaitsOn() throws Exception {
        gate.configure();
        WorkflowRun run =
                jenkins.jenkins.getItemByFullName("waits", WorkflowJob.class).getBuildByNumber(1);
        assertTrue(run.isBuilding());
        GatePage page = run.getAction(ImageApprovalsAction.class).getGate("1");
        assertEquals("waiting", page.getState());
        assertEquals("Try the login", page.getMessage());
        assertEquals("the deadline is the one that was set", 4948931923279L, page.getDeadline());
        assertEquals(gate.digest.toString(), page.getDigest());
        assertEquals("not known to the first format", "", page.getLastApproved());
        assertEquals(List.of(), page.getChanges());
        OnlyApprovedImages property = jenkins.jenkins
                .getItemByFullName("only", FreeStyleProject.class)
                .getProperty(OnlyApprovedImages.class);
        assertEquals("qa", property.getStage());
        JenkinsRule.WebClient client = jenkins.createWebClient();
        client.getOptions().setJavaScriptEnabled(false);
        assertThat(client.getPage(run, "countersign/").asNormalizedText(), containsString("2 × qa"));

        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
        jenkins.assertLogContains("approved by [carol, erin]", run);
    }

    /** Evidence and platforms were lines of text in the first format. */
    @Test
    public void aSnapshotOfTheFirstFormatIsShown() throws Exception {
        GateSnapshot first = GateSnapshot.read("{\"decision\":{\"decision\":\"held\",\"stage\":\"qa\"},"
                + "\"platforms\":[\"sha256:1\"],\"evidence\":[\"scan: clean (erin, 2026-11-20T10:00:00Z)\"],"
                + "\"stages\":[{\"name\":\"qa\",\"state\":\"held\"}]}");
        assertThat(EvidenceView.of(first).get(0).getText(), containsString("scan: clean (erin"));
        assertEquals("", EvidenceView.of(first).get(0).getStatement());
        assertEquals(List.of(), SignatureView.of(first));
    }

    private java.io.File recorded() throws Exception {
        Path source = Path.of(getClass().getResource("GateUpgradeTest/home").toURI());
        Path home = folder.newFolder("home").toPath();
        String port = gate.registry.host().substring(gate.registry.host().indexOf(':') + 1);
        assertEquals("of the same length", RECORDED_PORT.length(), port.length());
        try (Stream<Path> files = Files.walk(source)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    Path into = home.resolve(source.relativize(file).toString());
                    Files.createDirectories(into.getParent());
                    byte[] content = Files.readAllBytes(file);
                    // The ledger's lines hang together by their hashes; what it says of the old address harms nobody.
                    Files.write(into, into.toString().contains("ledger") ? content : moved(content, port));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return home.toFile();
    }

    private byte[] moved(byte[] content, String port) {
        return new String(content, StandardCharsets.ISO_8859_1)
                .replace("localhost:" + RECORDED_PORT, "localhost:" + port)
                .replace(RECORDED_DIGEST, gate.digest.toString().substring("sha256:".length()))
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
