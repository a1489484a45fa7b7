package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Test;

/** The catalogue: what it refuses first, then what it lets pass. */
public class BaseCheckTest {

    private static final String DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    public void whatNoEntryCoversIsRefused() throws Exception {
        assertEquals(
                "not-golden",
                error("FROM alpine", "allow: [registry.corp/golden/**]").rule());
        assertEquals(
                "not-golden",
                error("FROM registry.corp/goldenx/a", "allow: [registry.corp/golden/**]")
                        .rule());
        assertEquals(
                "not-golden",
                error("FROM registry.corp.evil/golden/a", "allow: [registry.corp/golden/**]")
                        .rule());
        assertEquals("not-golden", error("FROM registry.corp/golden/a", "{}").rule());
        passes("FROM registry.corp/golden/a/b:1", "allow: [registry.corp/golden/**]");
    }

    @Test
    public void patternsOfTags() throws Exception {
        String catalogue = "allow: [{image: registry.corp/golden/java, tags: ['17-*', '21-*']}]";
        assertThat(
                error("FROM registry.corp/golden/java:11-jre", catalogue).message(), containsString("tag or digest"));
        error("FROM registry.corp/golden/java", catalogue);
        assertThat(
                error("FROM registry.corp/golden/java@" + DIGEST, catalogue).message(), containsString("digest alone"));
        passes("FROM registry.corp/golden/java:21-jre", catalogue);
    }

    @Test
    public void denialDecidesOverAllowanceInEverySpelling() throws Exception {
        String catalogue =
                "{allow: ['**'], deny: [{image: docker.io/**, reason: 'rate limits', instead: registry.corp/golden/alpine}]}";
        for (String spelling : List.of(
                "alpine",
                "docker.io/alpine",
                "Docker.IO/library/alpine",
                "docker.io:443/library/alpine",
                "registry-1.docker.io/library/alpine",
                "index.docker.io/alpine")) {
            Finding finding = error("FROM " + spelling, catalogue);
            assertEquals(spelling, "denied", finding.rule());
            assertThat(finding.message(), containsString("rate limits"));
            assertEquals("write registry.corp/golden/alpine", finding.suggestion());
        }
        passes("FROM registry.corp/golden/alpine", catalogue);
    }

    @Test
    public void requiredDigest() throws Exception {
        String catalogue = "{allow: [registry.corp/golden/**], digest: required}";
        assertEquals(
                "digest-required",
                error("FROM registry.corp/golden/a:1", catalogue).rule());
        passes("FROM registry.corp/golden/a:1@" + DIGEST, catalogue);
    }

    @Test
    public void certainDigests() throws Exception {
        String catalogue = "allow: [{image: registry.corp/golden/a, digests: ['" + DIGEST + "']}]";
        assertEquals(
                "digest-required",
                error("FROM registry.corp/golden/a:1", catalogue).rule());
        assertThat(
                error("FROM registry.corp/golden/a@" + DIGEST.replace('0', '1'), catalogue)
                        .message(),
                containsString("a digest that the catalogue does not allow"));
        passes("FROM registry.corp/golden/a@" + DIGEST, catalogue);
    }

    @Test
    public void validityEndsAfterItsLastDayAndWarnsBefore() throws Exception {
        String image = "allow: [{image: registry.corp/golden/a, until: %s, instead: registry.corp/golden/b}]";
        assertEquals(
                "retired",
                error("FROM registry.corp/golden/a", String.format(image, "2026-11-21"))
                        .rule());
        BaseReport warned = check("FROM registry.corp/golden/a", String.format(image, "2026-11-22"), context());
        assertTrue(warned.passed());
        assertEquals("retires", warned.findings().get(0).rule());
        assertEquals("write registry.corp/golden/b", warned.findings().get(0).suggestion());
        assertEquals(
                List.of(),
                check("FROM registry.corp/golden/a", String.format(image, "2027-11-22"), context())
                        .findings());
        assertThat(
                error("FROM registry.corp/golden/a", "allow: [{image: registry.corp/golden/a, from: 2026-12-01}]")
                        .message(),
                containsString("will be golden from 2026-12-01"));
    }

    @Test
    public void exceptionsHaveAnOwnerAndAnEnd() throws Exception {
        String catalogue =
                "{allow: [], deny: [docker.io/**], exceptions: [{image: 'docker.io/library/redis:7', owner: dana, until: %s, reason: migration}]}";
        assertThat(
                error("FROM redis:7", String.format(catalogue, "2026-11-01")).message(),
                containsString("the exception of dana ended on 2026-11-02"));
        BaseReport report = check("FROM redis:7", String.format(catalogue, "2026-12-31"), context());
        assertTrue(report.passed());
        assertThat(report.findings().get(0).message(), containsString("dana answers for it: migration"));
        assertThat(
                assertThrows(
                                CatalogueException.class,
                                () -> catalogue("exceptions: [{image: redis, until: 2026-12-31}]"))
                        .getMessage(),
                containsString("golden.exceptions[0] has no owner"));
        assertThat(
                assertThrows(CatalogueException.class, () -> catalogue("exceptions: [{image: redis, owner: dana}]"))
                        .getMessage(),
                containsString("end date"));
    }

    @Test
    public void entriesForCertainBuilds() throws Exception {
        String catalogue = "allow: [{image: registry.corp/tools/**, inputs: [copy], folders: ['team-a/**']}]";
        String file = "FROM registry.corp/tools/a\nCOPY --from=registry.corp/tools/b /x /y";
        BaseReport elsewhere = check(file, catalogue, context().withFolder("team-b/job"));
        assertEquals(2, elsewhere.findings().size());
        assertThat(elsewhere.findings().get(0).message(), containsString("for other builds only"));
        BaseReport there = check(file, catalogue, context().withFolder("team-a/deep/job"));
        assertEquals(1, there.findings().size());
        assertEquals(1, there.findings().get(0).line());
        assertFalse(check("FROM a", "allow: [{image: a, repositories: [registry.corp/apps/*]}]", context())
                .passed());
        assertTrue(check(
                        "FROM a",
                        "allow: [{image: a, repositories: [registry.corp/apps/*]}]",
                        context().withRepository("registry.corp/apps/shop"))
                .passed());
    }

    @Test
    public void missingSignatureIsNamed() throws Exception {
        String catalogue = "{allow: [registry.corp/golden/**], signedBy: {role: platform, count: 2}}";
        Finding finding = error("FROM registry.corp/golden/a", catalogue);
        assertEquals("not-signed", finding.rule());
        assertThat(finding.message(), containsString("2 of role platform"));
        assertTrue(check(
                        "FROM registry.corp/golden/a",
                        catalogue,
                        context().withSignatures((image, signedBy) -> Sentence.verbatim("grace and frank")))
                .passed());
    }

    @Test
    public void organisationThatCannotBeListedFails() throws Exception {
        String catalogue = "organisations: [registry.corp/golden]";
        assertEquals(
                "organisation-unknown",
                error("FROM registry.corp/golden/a", catalogue).rule());
        GoldenOrganisations listing = (registry, namespace) -> Set.of("golden/a");
        assertTrue(check("FROM registry.corp/golden/a:1", catalogue, context().withOrganisations(listing))
                .passed());
        assertFalse(check("FROM registry.corp/golden/b:1", catalogue, context().withOrganisations(listing))
                .passed());
    }

    @Test
    public void listingIsKeptForAWhileAndFailuresAreNot() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Instant[] now = {NOW};
        Clock clock = new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now[0];
            }
        };
        CachedOrganisations cached = new CachedOrganisations(
                (registry, namespace) -> {
                    if (asked.incrementAndGet() == 1) {
                        throw new IOException("down");
                    }
                    return Set.of("golden/a");
                },
                clock,
                Duration.ofMinutes(5));
        assertThrows(IOException.class, () -> cached.repositories("registry.corp", "golden"));
        cached.repositories("registry.corp", "golden");
        cached.repositories("registry.corp", "golden");
        assertEquals(2, asked.get());
        now[0] = NOW.plus(Duration.ofMinutes(5));
        cached.repositories("registry.corp", "golden");
        assertEquals(3, asked.get());
    }

    @Test
    public void frontends() throws Exception {
        for (String frontend : List.of(
                "docker/dockerfile:1.3",
                "docker/dockerfile:1.0-experimental",
                "docker/dockerfile@" + DIGEST,
                "docker/dockerfile:1.9@" + DIGEST,
                "evil.example/docker/dockerfile:1",
                "docker/dockerfile-upstream:1")) {
            assertEquals(
                    frontend,
                    "frontend",
                    error("# syntax=" + frontend + "\nFROM a", "allow: [a]").rule());
        }
        for (String frontend : List.of(
                "docker/dockerfile:1", "docker/dockerfile:1.4", "docker/dockerfile:1.26.0-labs", "docker/dockerfile")) {
            passes("# syntax=" + frontend + "\nFROM a", "allow: [a]");
        }
        error("# syntax=docker/dockerfile:1\nFROM a", "{allow: [a], frontends: [registry.corp/mirror/dockerfile]}");
        passes(
                "# syntax=registry.corp/mirror/dockerfile:1\nFROM a",
                "{allow: [a], frontends: [registry.corp/mirror/dockerfile]}");
    }

    @Test
    public void whatIsNotKnownIsNeverNothing() throws Exception {
        assertEquals("variable", error("FROM a$TAG", "allow: [a]").rule());
        assertEquals("unreadable", error("FROM $BASE", "allow: ['**']").rule());
        assertEquals("unreadable", error("FROM a\nNONSENSE", "allow: [a]").rule());
        assertEquals("not-an-image", error("FROM a__b.c/x", "allow: ['**']").rule());
        assertEquals(
                "remote-add",
                error("FROM a\nADD https://evil.example/x /", "{allow: [a], remoteAdd: deny}")
                        .rule());
        assertEquals(
                "scratch",
                error("FROM scratch\nADD rootfs.tar /", "{allow: [a], scratch: deny}")
                        .rule());
        BaseReport report = check("FROM a\nADD https://x.example/y /z", "allow: [a]", context());
        assertTrue(report.passed());
        assertEquals(Finding.Severity.WARNING, report.findings().get(0).severity());
    }

    @Test
    public void catalogueIsReadStrictly() {
        for (String wrong : List.of(
                "{alow: [a]}",
                "allow: a",
                "allow: [{image: a, tag: b}]",
                "allow: [{tags: [a]}]",
                "allow: ['a/']",
                "allow: ['a/b**/c']",
                "allow: ['a b']",
                "digest: always",
                "signedBy: {count: 2}",
                "signedBy: {role: a, count: 0}",
                "warnBefore: soon",
                "organisations: [golden]",
                "allow: [{image: a, until: tomorrow}]",
                "allow: [{image: a, digests: [sha256:abc]}]",
                "allow: [{image: a, inputs: [add]}]",
                "[]")) {
            assertThrows(wrong, CatalogueException.class, () -> catalogue(wrong));
        }
    }

    @Test
    public void reportsForProgramsAndPeople() throws Exception {
        BaseReport report =
                check("FROM a AS x\nCOPY --from=evil.example/\u001b[2Jx /a /b\nFROM x", "allow: [a]", context());
        assertFalse(TextReport.render(List.of(report)).contains("\u001b"));
        BaseReport plain = check("FROM evil.example/x", "allow: [a]", context());
        assertThat(
                TextReport.render(List.of(plain)),
                containsString("Dockerfile:1:6: error [not-golden] the base evil.example/x:latest"));
        JsonNode json = new ObjectMapper().readTree(JsonReport.render(List.of(plain)));
        assertFalse(json.get("passed").asBoolean());
        assertEquals("base", json.at("/reports/0/inputs/0/kind").asText());
        JsonNode sarif = new ObjectMapper().readTree(SarifReport.render(List.of(plain)));
        assertEquals("2.1.0", sarif.get("version").asText());
        JsonNode result = sarif.at("/runs/0/results/0");
        assertEquals("error", result.get("level").asText());
        assertEquals(
                6, result.at("/locations/0/physicalLocation/region/startColumn").asInt());
        assertEquals(
                "not-golden",
                sarif.at("/runs/0/tool/driver/rules")
                        .get(result.get("ruleIndex").asInt())
                        .get("id")
                        .asText());
    }

    private static void passes(String file, String catalogue) throws Exception {
        BaseReport report = check(file, catalogue, context());
        assertTrue(TextReport.render(List.of(report)), report.passed());
    }

    private static Finding error(String file, String catalogue) throws Exception {
        return check(file, catalogue, context()).findings().stream()
                .filter(finding -> finding.severity() == Finding.Severity.ERROR)
                .findFirst()
                .orElseThrow(() -> new AssertionError("passes: " + file));
    }

    private static BaseReport check(String file, String catalogue, CheckContext context) throws Exception {
        return BaseCheck.check(
                BuildInputs.of((file + "\n").getBytes(StandardCharsets.UTF_8), "Dockerfile", BuildOptions.defaults()),
                catalogue(catalogue),
                context);
    }

    private static Catalogue catalogue(String yaml) throws Exception {
        return Catalogue.read(new YAMLMapper().readTree(yaml));
    }

    private static CheckContext context() {
        return CheckContext.offline(Clock.fixed(NOW, ZoneOffset.UTC));
    }
}
