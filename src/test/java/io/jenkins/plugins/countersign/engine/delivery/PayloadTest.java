package io.jenkins.plugins.countersign.engine.delivery;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.Test;

/** What each registry sends, in the shape that its documentation shows. */
public class PayloadTest {

    private static final String HEX = "0123456789abcdef".repeat(4);
    private static final Digest DIGEST = new Digest("sha256", HEX);

    private static List<RegistryEvent> read(Payload payload, String json) throws DeliveryException {
        return payload.read("registry.example.com", json.formatted(HEX).getBytes(StandardCharsets.UTF_8));
    }

    private static String refusal(Payload payload, String json) {
        return assertThrows(
                        DeliveryException.class,
                        () -> payload.read("registry.example.com", json.getBytes(StandardCharsets.UTF_8)))
                .getMessage();
    }

    private static RegistryEvent event(
            EventKind kind, String repository, String tag, Digest digest, String actor, String id, String time) {
        return new RegistryEvent(
                kind,
                "registry.example.com",
                repository,
                tag,
                digest,
                actor,
                id,
                time == null ? null : Instant.parse(time));
    }

    @Test
    public void distribution_tellsOfManifestsAmongBlobsAndPulls() throws Exception {
        assertEquals(
                List.of(
                        event(EventKind.PUSHED, "team/app", "1.0", DIGEST, "builder", "e-1", "2026-11-22T05:00:00Z"),
                        event(EventKind.DELETED, "team/app", null, DIGEST, "", "e-2", null)),
                read(new DistributionPayload(), """
                        {"events": [
                          {"id": "e-1", "timestamp": "2026-11-22T05:00:00Z", "action": "push",
                           "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 708,
                             "digest": "sha256:%1$s", "length": 708, "repository": "team/app",
                             "url": "https://evil.example.com/v2/team/app/manifests/sha256:%1$s", "tag": "1.0"},
                           "request": {"id": "r", "addr": "10.0.0.1:4711", "host": "evil.example.com", "method": "PUT"},
                           "actor": {"name": "builder"}, "source": {"addr": "registry-0:5000", "instanceID": "i"}},
                          {"id": "e-b", "action": "push", "target": {"mediaType": "application/octet-stream",
                             "digest": "sha256:%1$s", "repository": "team/app"}},
                          {"id": "e-p", "action": "pull", "target": {"mediaType":
                             "application/vnd.docker.distribution.manifest.v2+json", "repository": "team/app"}},
                          {"id": "e-2", "action": "delete", "target": {"digest": "sha256:%1$s",
                             "repository": "team/app"}, "actor": {}}
                        ]}"""));
    }

    @Test
    public void whatHangsOnAnImage_isNoImageAndNamesIts() throws Exception {
        for (String tag : List.of("sha256-" + HEX, "sha256-" + HEX + ".sig")) {
            RegistryEvent event = read(
                            new QuayPayload(), "{\"repository\": \"team/app\", \"updated_tags\": [\"" + tag + "\"]}")
                    .get(0);
            assertEquals(EventKind.ATTACHED, event.kind());
            assertEquals(Optional.of(DIGEST), event.subject());
        }
    }

    @Test
    public void dockerHub() throws Exception {
        assertEquals(
                List.of(event(
                        EventKind.PUSHED,
                        "svendowideit/testhook",
                        "latest",
                        null,
                        "trustedbuilder",
                        "",
                        "2014-12-03T00:22:41Z")),
                read(new DockerHubPayload(), """
                        {"callback_url": "https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5/",
                         "push_data": {"pushed_at": 1417566161, "pusher": "trustedbuilder", "tag": "latest"},
                         "repository": {"comment_count": 0, "is_private": true, "name": "testhook",
                           "namespace": "svendowideit", "repo_name": "svendowideit/testhook", "status": "Active"}}"""));
    }

    @Test
    public void harbor_withATagAndWithADigestInItsPlace() throws Exception {
        String json = """
                {"type": "PUSH_ARTIFACT", "occur_at": 1586922308, "operator": "admin", "event_data": {
                  "resources": [{"digest": "sha256:%1$s", "tag": "TAG", "resource_url": "hub.harbor.com/test/debian:latest"}],
                  "repository": {"date_created": 1586922308, "name": "debian", "namespace": "test",
                    "repo_full_name": "test/debian", "repo_type": "private"}}}""";
        assertEquals(
                List.of(event(EventKind.PUSHED, "test/debian", "latest", DIGEST, "admin", "", "2020-04-15T03:45:08Z")),
                read(new HarborPayload(), json.replace("TAG", "latest")));
        assertEquals(
                List.of(event(EventKind.DELETED, "test/debian", null, DIGEST, "admin", "", "2020-04-15T03:45:08Z")),
                read(new HarborPayload(), json.replace("TAG", "sha256:" + HEX).replace("PUSH_", "DELETE_")));
        assertEquals(List.of(), read(new HarborPayload(), json.replace("PUSH_", "PULL_")));
    }

    @Test
    public void quay_inBothItsShapes() throws Exception {
        String json = """
                {"name": "repository", "repository": "dgangaia/test", "namespace": "dgangaia",
                 "docker_url": "quay.io/dgangaia/test", "homepage": "https://quay.io/repository/dgangaia/repository",
                 "updated_tags": TAGS}""";
        List<RegistryEvent> pushed = List.of(event(EventKind.PUSHED, "dgangaia/test", "latest", null, "", "", null));
        assertEquals(pushed, read(new QuayPayload(), json.replace("TAGS", "[\"latest\"]")));
        assertEquals(pushed, read(new QuayPayload(), json.replace("TAGS", "{\"latest\": \"b750fe79269d\"}")));
        assertEquals(List.of(), read(new QuayPayload(), "{\"build_id\": \"296ec063\", \"repository\": \"a/b\"}"));
    }

    @Test
    public void gitHub_writesOwnersAsTheyLike() throws Exception {
        String json = """
                {"action": "published", "registry_package": {"id": 1, "name": "hello-world", "namespace": "Octo-Org",
                   "package_type": "CONTAINER", "owner": {"login": "Octo-Org"}, "updated_at": "2026-11-22T05:00:00Z",
                   "package_version": {"id": 2, "version": "sha256:%1$s", "package_url": "ghcr.io/octo-org/hello-world:1.0",
                     "container_metadata": {"tag": {"name": "1.0", "digest": "sha256:%1$s"}}}},
                 "sender": {"login": "octocat"}}""";
        List<RegistryEvent> pushed = List.of(
                event(EventKind.PUSHED, "octo-org/hello-world", "1.0", DIGEST, "octocat", "", "2026-11-22T05:00:00Z"));
        assertEquals(pushed, read(new GitHubPayload(), json));
        assertEquals(pushed, read(new GitHubPayload(), json.replace("registry_package", "package")));
        assertEquals(List.of(), read(new GitHubPayload(), json.replace("CONTAINER", "npm")));
        assertEquals(List.of(), read(new GitHubPayload(), "{\"zen\": \"Design for failure.\", \"hook_id\": 1}"));
    }

    @Test
    public void mirantis() throws Exception {
        String json = """
                {"type": "TAG_PUSH", "createdAt": "2019-05-15T19:39:40.607337713Z", "contents": {"namespace": "foo",
                   "repository": "bar", "tag": "latest", "digest": "sha256:%1$s", "imageName": "foo/bar:latest", "os": "linux",
                   "architecture": "amd64", "author": "carol", "pushedAt": "2015-01-02T15:04:05Z"},
                 "location": "/repositories/foo/bar/tags/latest"}""";
        assertEquals(
                List.of(event(
                        EventKind.PUSHED, "foo/bar", "latest", DIGEST, "carol", "", "2019-05-15T19:39:40.607337713Z")),
                read(new MirantisPayload(), json));
        assertEquals(
                EventKind.SCANNED,
                read(new MirantisPayload(), json.replace("TAG_PUSH", "SCAN_COMPLETED"))
                        .get(0)
                        .kind());
    }

    @Test
    public void anyOther_byPointers() throws Exception {
        assertEquals(
                List.of(event(EventKind.PUSHED, "team/app", "1.0", DIGEST, "", "", null)),
                read(
                        new PointedPayload("/image/path", "/image/tags/0", "/image/digest"),
                        "{\"image\": {\"path\": \"team/app\", \"tags\": [\"1.0\"], \"digest\": \"sha256:%s\"}}"));
        assertThrows(IllegalArgumentException.class, () -> new PointedPayload("image.path", "/tag", null));
    }

    @Test
    public void hostilePayloads_areRefusedByName() {
        Payload hub = new DockerHubPayload();
        String json = "{\"push_data\": {\"tag\": \"TAG\"}, \"repository\": {\"repo_name\": \"NAME\"}}";
        assertThat(refusal(hub, json.replace("NAME", "../../etc")), containsString("not a repository name"));
        assertThat(refusal(hub, json.replace("NAME", "a/b?x=")), containsString("not a repository name"));
        assertThat(refusal(hub, json.replace("NAME", "a/b").replace("TAG", "../x")), containsString("not a tag"));
        assertThat(refusal(hub, "{\"push_data\": {\"tag\": 7}}"), containsString("/repository/repo_name"));
        assertThat(refusal(hub, "{\"a\": 1, \"a\": 2}"), containsString("Duplicate"));
        assertThat(refusal(hub, "[]"), containsString("not a JSON object"));
        assertThat(refusal(hub, "{\"a\":".repeat(100_000)), containsString("nesting depth"));
        assertThat(refusal(hub, " ".repeat(Payload.MAX_LENGTH + 1)), containsString("at most 524288"));
        assertThat(
                refusal(new DistributionPayload(), "{\"events\": [" + "{},".repeat(Payload.MAX_EVENTS) + "{}]}"),
                containsString("at most 500"));
        assertThat(
                refusal(new QuayPayload(), "{\"repository\": \"a/b\", \"updated_tags\": [[]]}"),
                containsString("has no text"));
    }

    @Test
    public void actorsCannotWriteLines() {
        assertEquals(
                "admin[31mfake log line",
                event(EventKind.PUSHED, "a/b", "c", null, "admin\u001b[31m\nfake log line\u202e", "", null)
                        .actor());
    }
}
