package io.jenkins.plugins.countersign.goldenbase;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Result;
import io.jenkins.plugins.countersign.approval.Chromium;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.RealPart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import jenkins.security.csp.CspHeader;
import jenkins.security.csp.CspHeaderDecider;
import jenkins.security.csp.CspReceiver;
import net.sf.json.JSONObject;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.SingleFileSCM;
import org.jvnet.hudson.test.TestExtension;

/** The build's page in a real browser, under an enforced content security policy. */
public class BaseReportPageTest {

    private static final String FILE = "# escape=`\n" + "FROM docker.io/library/alpine:3 AS tools\n"
            + "# \u202e<script>document.title = 'stolen'</script>\n" + "FROM scratch\n"
            + "COPY --from=tools /bin /bin\n"
            + "COPY --from=evil.example/x`\n/tool:1 / /\n" + "ADD https://example.com/rootfs.tar /\n";
    /** {@code -Dcountersign.pictures=docs/images} for those of the documentation. */
    private static final Path PICTURES = Path.of(System.getProperty("countersign.pictures", "target/pictures"));

    private static final List<String> VIOLATIONS = new CopyOnWriteArrayList<>();

    @Rule
    public final JenkinsRule jenkins = new JenkinsRule();

    @Rule
    public final TemporaryFolder profile = new TemporaryFolder();

    @TestExtension
    public static final class Enforced implements CspHeaderDecider {
        @Override
        public Optional<CspHeader> decide() {
            return Optional.of(CspHeader.ContentSecurityPolicy);
        }
    }

    @TestExtension
    public static final class Violations implements CspReceiver {
        @Override
        public void report(ViewContext context, String user, JSONObject report) {
            VIOLATIONS.add(report.toString());
        }
    }

    @Test
    public void findingsStandBesideTheLinesTheyAreAbout() throws Exception {
        RealPart.require("chromium");
        CountersignConfiguration.get().setCatalogue("allow: ['registry.example.com/golden/**']");
        FreeStyleProject job = jenkins.createFreeStyleProject("app");
        job.setScm(new SingleFileSCM("Dockerfile", FILE));
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        FreeStyleBuild build = jenkins.buildAndAssertStatus(Result.FAILURE, job);
        Files.createDirectories(PICTURES);

        try (Chromium browser = Chromium.start(profile.getRoot().toPath())) {
            browser.size(1200, 900);
            browser.open(jenkins.getURL() + build.getUrl() + "base-images/");
            browser.await("document.querySelectorAll('tr.countersign-finding').length > 2");
            assertEquals(
                    "the finding of line 2 stands below line 2",
                    "true",
                    browser.evaluate("String(document.querySelector('#L2').nextElementSibling"
                            + ".innerText.includes('docker.io/library/alpine:3'))"));
            assertEquals(
                    "true",
                    browser.evaluate("String(document.querySelector('#L6').nextElementSibling"
                            + ".innerText.includes('evil.example/x/tool:1'))"));
            assertEquals(
                    "what the file says is text, and what turns text around is seen",
                    "# <U+202E><script>document.title = 'stolen'</script>",
                    browser.evaluate("document.querySelector('#L3 code').innerText"));
            assertNotEquals("stolen", browser.evaluate("document.title"));
            assertEquals(
                    "the style is the plugin's",
                    "3px",
                    browser.evaluate(
                            "getComputedStyle(document.querySelector('tr.countersign-finding td:last-child')).borderLeftWidth"));
            assertEquals("", browser.unreadable("#main-panel"));
            browser.picture(PICTURES.resolve("base-report.png"));
            // Jenkins has no dark theme of its own; themes are these variables.
            browser.evaluate("document.documentElement.style.setProperty('--error-color', 'rgb(1, 2, 3)')");
            assertEquals(
                    "colours are the theme's",
                    "rgb(1, 2, 3)",
                    browser.evaluate(
                            "getComputedStyle(document.querySelector('tr.countersign-finding--error td:last-child'))"
                                    + ".borderLeftColor"));
            browser.size(420, 900);
            assertEquals(
                    "a narrow window needs no sideways scrolling of the page",
                    "true",
                    browser.evaluate(
                            "String(document.documentElement.scrollWidth <= document.documentElement.clientWidth)"));
            if (System.getProperty("countersign.pictures") == null) {
                browser.picture(PICTURES.resolve("base-report-narrow.png"));
            }
        }
        assertEquals(List.of(), VIOLATIONS);
    }
}
