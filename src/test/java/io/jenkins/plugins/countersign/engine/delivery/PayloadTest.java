package io.jenkins.plugins.countersign.engine.delivery;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
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

    private static RegistryEvent at(String place, RegistryEvent event) {
        return new RegistryEvent(
                event.kind(),
                event.registry(),
                event.repository(),
                event.tagOrNull(),
                event.digestOrNull(),
                event.actor(),
                event.id(),
                event.timeOrNull(),
                place);
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

    /** The envelope and the two events that "Work with notifications" shows; its "push" is of an image without a tag. */
    @Test
    public void distribution_asItsOwnDocumentationShowsIt() throws Exception {
        Digest manifest = Digest.parse("sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf");
        assertEquals(
                List.of(event(
                        EventKind.PUSHED,
                        "library/test",
                        null,
                        manifest,
                        "test-actor",
                        "asdf-asdf-asdf-asdf-0",
                        "2006-01-02T15:04:05Z")),
                read(new DistributionPayload(), """
                        {"events": [
                          {"id": "asdf-asdf-asdf-asdf-0", "timestamp": "2006-01-02T15:04:05Z", "action": "push",
                           "target": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                             "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf", "length": 1,
                             "repository": "library/test",
                             "url": "https://example.com/v2/library/test/manifests/sha256:c3b3692957d439ac1928219a83fac91e7bf96c153725526874673ae1f2023f8d5"},
                           "request": {"id": "asdfasdf", "addr": "client.local", "host": "registrycluster.local",
                             "method": "PUT", "useragent": "test/0.1"},
                           "actor": {"name": "test-actor"}, "source": {"addr": "hostname.local:port"}},
                          {"id": "asdf-asdf-asdf-asdf-1", "timestamp": "2006-01-02T15:04:05Z", "action": "push",
                           "target": {"mediaType": "application/vnd.docker.container.image.rootfs.diff+x-gtar",
                             "digest": "sha256:c3b3692957d439ac1928219a83fac91e7bf96c153725526874673ae1f2023f8d5", "length": 2,
                             "repository": "library/test",
                             "url": "https://example.com/v2/library/test/blobs/sha256:c3b3692957d439ac1928219a83fac91e7bf96c153725526874673ae1f2023f8d5"},
                           "request": {"id": "asdfasdf", "addr": "client.local", "host": "registrycluster.local",
                             "method": "PUT", "useragent": "test/0.1"},
                           "actor": {"name": "test-actor"}, "source": {"addr": "hostname.local:port"}},
                          {"id": "320678d8-ca14-430f-8bb6-4ca139cd83f7", "timestamp": "2016-03-09T14:44:26.402973972-08:00",
                           "action": "pull",
                           "target": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                             "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf", "size": 708,
                             "length": 708, "repository": "hello-world",
                             "url": "http://192.168.100.227:5000/v2/hello-world/manifests/sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
                             "tag": "latest"},
                           "request": {"id": "6df24a34-0959-4923-81ca-14f09767db19", "addr": "192.168.64.11:42961",
                             "host": "192.168.100.227:5000", "method": "GET", "useragent": "curl/7.38.0"},
                           "actor": {}, "source": {"addr": "xtal.local:5000",
                             "instanceID": "a53db899-3b4b-4a62-a067-8dd013beaca4"}}
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
                        {"callback_url": "https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
                         "push_data": {"pushed_at": 1417566161, "pusher": "trustedbuilder", "tag": "latest"},
                         "repository": {"comment_count": 0, "date_created": 1417494799, "description": "", "dockerfile": "#",
                           "full_description": "Docker Hub based automated build from a GitHub repo", "is_official": false,
                           "is_private": true, "is_trusted": true, "name": "testhook", "namespace": "svendowideit",
                           "owner": "svendowideit", "repo_name": "svendowideit/testhook",
                           "repo_url": "https://registry.hub.docker.com/u/svendowideit/testhook/", "star_count": 0,
                           "status": "Active"}}"""));
    }

    /** The samples of "Payload Format", in both formats. */
    @Test
    public void harbor_pushedDeletedAndScanned_inBothItsFormats() throws Exception {
        Digest digest = Digest.parse("sha256:954b378c375d852eb3c63ab88978f640b4348b01c1b3456a024a81536dafbbf4");
        String repository = """
                "repository": {"date_created": 1680501893, "name": "alpine", "namespace": "harbor",
                  "repo_full_name": "harbor/alpine", "repo_type": "private"}""";
        String untagged = """
                "resources": [{"digest": "DIGEST", "tag": "DIGEST", "resource_url": "localhost/harbor/alpine@DIGEST"}]""".replace("DIGEST", digest.toString());
        String pushed = """
                {"type": "PUSH_ARTIFACT", "occur_at": 1680501893, "operator": "harbor-jobservice", "event_data": {%s, %s}}""".formatted(untagged, repository);
        assertEquals(
                List.of(event(
                        EventKind.PUSHED,
                        "harbor/alpine",
                        null,
                        digest,
                        "harbor-jobservice",
                        "",
                        "2023-04-03T06:04:53Z")),
                read(new HarborPayload(), pushed));
        assertEquals(List.of(), read(new HarborPayload(), pushed.replace("PUSH_", "PULL_")));
        String tagged = """
                "resources": [{"digest": "sha256:2bb501e6173d9d006e56de5bce2720eb06396803300fe1687b58a7ff32bf4c14",
                  "tag": "3.8", "resource_url": "localhost/harbor/alpine:3.8"}]""";
        RegistryEvent deleted = event(
                EventKind.DELETED,
                "harbor/alpine",
                "3.8",
                Digest.parse("sha256:2bb501e6173d9d006e56de5bce2720eb06396803300fe1687b58a7ff32bf4c14"),
                "harbor-jobservice",
                "",
                "2023-04-03T06:16:38Z");
        assertEquals(List.of(deleted), read(new HarborPayload(), """
                {"type": "DELETE_ARTIFACT", "occur_at": 1680502598, "operator": "harbor-jobservice",
                 "event_data": {%s, %s}}""".formatted(tagged, repository)));
        String cloudEvent = """
                {"specversion": "1.0", "id": "343f1623-7cba-487c-88f1-c5ebf55e93aa",
                 "requestid": "ca0f3ceb-810f-4598-a268-a2291ad4de49", "source": "/projects/2/webhook/policies/15",
                 "type": "harbor.artifact.deleted", "datacontenttype": "application/json", "time": "2023-04-03T06:16:38Z",
                 "data": {%s, %s}, "operator": "harbor-jobservice"}""";
        assertEquals(
                List.of(event(
                        EventKind.DELETED,
                        "harbor/alpine",
                        "3.8",
                        deleted.digestOrNull(),
                        "harbor-jobservice",
                        "343f1623-7cba-487c-88f1-c5ebf55e93aa",
                        "2023-04-03T06:16:38Z")),
                read(new HarborPayload(), cloudEvent.formatted(tagged, repository)));
        assertEquals(
                EventKind.PUSHED,
                read(
                                new HarborPayload(),
                                cloudEvent.formatted(untagged, repository).replace(".deleted", ".pushed"))
                        .get(0)
                        .kind());
        assertEquals(
                List.of(),
                read(
                        new HarborPayload(),
                        cloudEvent.formatted(untagged, repository).replace(".deleted", ".pulled")));
        assertThat(
                "no member of the other format stands in",
                refusal(
                        new HarborPayload(),
                        pushed.replace("PUSH_ARTIFACT", "harbor.artifact.pushed\", \"specversion\": \"1.0")),
                containsString("/data/resources"));
        String scanned = """
                "resources": [{"digest": "DIGEST", "resource_url": "localhost/harbor/alpine@DIGEST",
                  "scan_overview": {"application/vnd.security.vulnerability.report; version=1.1": {
                    "report_id": "af0546c1-67dc-4e9d-927e-372900ead0df", "scan_status": "Success", "severity": "None",
                    "duration": 8, "summary": {"total": 0, "fixable": 0, "summary": {}},
                    "start_time": "2023-04-03T06:12:47Z", "end_time": "2023-04-03T06:12:55Z",
                    "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "v0.37.2"},
                    "complete_percent": 100}}}]""".replace("DIGEST", digest.toString());
        assertEquals(
                List.of(event(EventKind.SCANNED, "harbor/alpine", null, digest, "auto", "", "2023-04-03T06:12:55Z")),
                read(
                        new HarborPayload(),
                        "{\"type\": \"SCANNING_COMPLETED\", \"occur_at\": 1680502375, \"operator\": \"auto\", \"event_data\": {"
                                + scanned + "," + repository.replace("\"date_created\": 1680501893, ", "") + "}}"));
        assertEquals(
                EventKind.SCANNED,
                read(
                                new HarborPayload(),
                                cloudEvent
                                        .formatted("RESOURCES", repository)
                                        .replace("RESOURCES", scanned)
                                        .replace("harbor.artifact.deleted", "harbor.scan.completed"))
                        .get(0)
                        .kind());
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

    /**
     * The members of GitHub's own samples for a container, without the pages of URLs in between: an npm package whose registry is
     * the container registry, a tag without a name, and a digest that is none.
     */
    @Test
    public void gitHub_asItsOwnSamplesHaveIt() throws Exception {
        String json = """
                {"action": "published", "registry_package": {"id": 10696, "name": "hello-world-npm",
                   "namespace": "Codertocat/hello-world", "description": null, "ecosystem": "docker", "package_type": "npm",
                   "html_url": "https://github.com/Codertocat/hello-world/packages/10696",
                   "created_at": "2019-05-09T23:28:29Z", "updated_at": "2019-05-09T23:28:29Z",
                   "owner": {"login": "Codertocat", "id": 21031067, "type": "User"},
                   "package_version": {"id": 57755791,
                     "version": "sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498",
                     "name": "sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498",
                     "description": "Hello-World in a docker container", "summary": "Hello-World in a docker container",
                     "manifest": "", "target_commitish": "master", "created_at": "0001-01-01T00:00:00Z",
                     "updated_at": "0001-01-01T00:00:00Z", "metadata": [],
                     "container_metadata": {"tag": {"name": "",
                         "digest": "sha256:6c62fb45fe66bfb1ea9a66abc38f6a0cc974292b"}, "labels": {}, "manifest": {}},
                     "package_files": [], "installation_command": "docker pull ghcr.io/Codertocat/hello-world:",
                     "package_url": "ghcr.io/Codertocat/hello-world:"},
                   "registry": {"about_url": "https://docs.github.com/packages/learn-github-packages/introduction-to-github-packages",
                     "name": "GitHub CONTAINER registry", "type": "CONTAINER",
                     "url": "https://CONTAINER.pkg.github.com/Codertocat", "vendor": "GitHub Inc"}},
                 "repository": {"full_name": "Codertocat/hello-world-npm"}, "organization": {"login": "Octocoders"},
                 "sender": {"login": "Codertocat"}}""";
        List<RegistryEvent> pushed = List.of(event(
                EventKind.PUSHED,
                "codertocat/hello-world-npm",
                null,
                Digest.parse("sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498"),
                "Codertocat",
                "",
                "2019-05-09T23:28:29Z"));
        assertEquals(pushed, read(new GitHubPayload(), json));
        assertEquals(pushed, read(new GitHubPayload(), json.replace("registry_package", "package")));
        assertEquals(
                List.of(), read(new GitHubPayload(), json.replace("\"type\": \"CONTAINER\"", "\"type\": \"npm\"")));
    }

    @Test
    public void mirantis() throws Exception {
        String json = """
                {"type": "TAG_PUSH", "createdAt": "2019-05-15T19:39:40.607337713Z", "contents": {"namespace": "foo",
                   "repository": "bar", "tag": "latest",
                   "digest": "sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                   "imageName": "foo/bar:latest", "os": "linux", "architecture": "amd64", "author": "",
                   "pushedAt": "2015-01-02T15:04:05Z"},
                 "location": "/repositories/foo/bar/tags/latest"}""";
        Digest digest = Digest.parse("sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c");
        String time = "2019-05-15T19:39:40.607337713Z";
        assertEquals(
                List.of(event(EventKind.PUSHED, "foo/bar", "latest", digest, "", "", time)),
                read(new MirantisPayload(), json));
        // By the members of "Manage content structure": there are no whole samples of these.
        assertEquals(
                List.of(event(EventKind.DELETED, "foo/bar", "latest", digest, "carol", "", time)),
                read(
                        new MirantisPayload(),
                        json.replace("TAG_PUSH", "TAG_DELETE")
                                .replace("pushedAt", "deletedAt")
                                .replace("\"author\": \"\"", "\"author\": \"carol\"")));
        assertEquals(
                List.of(event(EventKind.SCANNED, "foo/bar", "latest", null, "", "", time)),
                read(new MirantisPayload(), """
                        {"type": "SCAN_COMPLETED", "createdAt": "2019-05-15T19:39:40.607337713Z", "contents": {
                           "namespace": "foo", "repository": "bar", "tag": "latest", "imageName": "10.10.10.1/foo/bar:latest",
                           "scanSummary": {"namespace": "foo", "repository": "bar", "tag": "latest", "critical": 0, "major": 0,
                             "minor": 0, "last_scan_status": 0, "check_completed_at": "2015-01-02T15:04:05Z"}}}"""));
        assertEquals(List.of(), read(new MirantisPayload(), json.replace("TAG_PUSH", "TAG_PULL")));
    }

    /** The two samples of "Azure Container Registry as an Event Grid source", in the CloudEvents schema. */
    private static final String AZURE_CLOUD_EVENTS = """
            [{
              "id": "831e1650-001e-001b-66ab-eeb76e069631",
              "source": "/subscriptions/<subscription-id>/resourceGroups/<resource-group-name>/providers/Microsoft.ContainerRegistry/registries/<name>",
              "subject": "aci-helloworld:v1",
              "type": "Microsoft.ContainerRegistry.ImagePushed",
              "time": "2018-04-25T21:39:47.6549614Z",
              "data": {
                "id": "31c51664-e5bd-416a-a5df-e5206bc47ed0",
                "timestamp": "2018-04-25T21:39:47.276585742Z",
                "action": "push",
                "target": {
                  "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                  "size": 3023,
                  "digest": "sha256:213bbc182920ab41e18edc2001e06abcca6735d87782d9cef68abd83941cf0e5",
                  "length": 3023,
                  "repository": "aci-helloworld",
                  "tag": "v1"
                },
                "request": {
                  "id": "7c66f28b-de19-40a4-821c-6f5f6c0003a4",
                  "host": "demo.azurecr.io",
                  "method": "PUT",
                  "useragent": "docker/18.03.0-ce go/go1.9.4 git-commit/0520e24 os/windows arch/amd64"
                }
              },
              "specversion": "1.0"
            },
            {
              "id": "f06e3921-301f-42ec-b368-212f7d5354bd",
              "source": "/subscriptions/<subscription-id>/resourceGroups/<resource-group-name>/providers/Microsoft.ContainerRegistry/registries/<name>",
              "subject": "aci-helloworld",
              "type": "Microsoft.ContainerRegistry.ImageDeleted",
              "time": "2018-04-26T17:56:01.8211268Z",
              "data": {
                "id": "f06e3921-301f-42ec-b368-212f7d5354bd",
                "timestamp": "2018-04-26T17:56:00.996603117Z",
                "action": "delete",
                "target": {
                  "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                  "digest": "sha256:213bbc182920ab41e18edc2001e06abcca6735d87782d9cef68abd83941cf0e5",
                  "repository": "aci-helloworld"
                },
                "request": {"id": "aeda5b99-4197-409f-b8a8-ff539edb7de2", "host": "demo.azurecr.io", "method": "DELETE",
                  "useragent": "python-requests/2.18.4"}
              },
              "specversion": "1.0"
            }]""";

    @Test
    public void azure_asCloudEventsAsEventGridHasThemAndByItsOwnWebhook() throws Exception {
        Digest digest = Digest.parse("sha256:213bbc182920ab41e18edc2001e06abcca6735d87782d9cef68abd83941cf0e5");
        RegistryEvent pushed = event(
                EventKind.PUSHED,
                "aci-helloworld",
                "v1",
                digest,
                "",
                "31c51664-e5bd-416a-a5df-e5206bc47ed0",
                "2018-04-25T21:39:47.276585742Z");
        RegistryEvent deleted = event(
                EventKind.DELETED,
                "aci-helloworld",
                null,
                digest,
                "",
                "f06e3921-301f-42ec-b368-212f7d5354bd",
                "2018-04-26T17:56:00.996603117Z");
        String resource =
                "/subscriptions/<subscription-id>/resourceGroups/<resource-group-name>/providers/Microsoft.ContainerRegistry/registries/<name>";
        List<RegistryEvent> both = List.of(at(resource, pushed), at(resource, deleted));
        assertEquals(both, read(new AzurePayload(), AZURE_CLOUD_EVENTS));
        String eventGrid = AZURE_CLOUD_EVENTS
                .replace("\"source\"", "\"topic\"")
                .replace("\"type\"", "\"eventType\"")
                .replace("\"time\"", "\"eventTime\"")
                .replace("\"specversion\": \"1.0\"", "\"dataVersion\": \"1.0\", \"metadataVersion\": \"1\"");
        assertEquals(both, read(new AzurePayload(), eventGrid));
        ObjectNode own = (ObjectNode) Payload.parse(AZURE_CLOUD_EVENTS.getBytes(StandardCharsets.UTF_8))
                .at("/batch/0/data");
        assertEquals(List.of(pushed), read(new AzurePayload(), own.toString()));
        assertEquals(
                "a Helm chart is no image",
                List.of(),
                read(new AzurePayload(), own.toString().replace("\"push\"", "\"chart_push\"")));
        assertEquals(Optional.empty(), new AzurePayload().handshakeCode(own));
    }

    /** The sample of "Azure Container Registry webhook reference, Push event", with digits where it has x. */
    @Test
    public void azure_byItsOwnWebhook() throws Exception {
        String hex = "0000d5c8786bb9e621a45ece0db000001cdc624ad20da9fe62e9d25490f33000".substring(0, 64);
        assertEquals(
                List.of(event(
                        EventKind.PUSHED,
                        "hello-world",
                        "v1",
                        new Digest("sha256", hex),
                        "",
                        "cb8c3971-9adc-488b-0000-43cbb4974ff5",
                        "2017-11-17T16:52:01.343145347Z")),
                read(new AzurePayload(), """
                        {"id": "cb8c3971-9adc-488b-0000-43cbb4974ff5", "timestamp": "2017-11-17T16:52:01.343145347Z",
                         "action": "push",
                         "target": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 524,
                           "digest": "sha256:HEX", "length": 524, "repository": "hello-world", "tag": "v1"},
                         "request": {"id": "3cbb6949-7549-4fa1-0000-a6d5451dffc7", "host": "myregistry.azurecr.io",
                           "method": "PUT", "useragent": "docker/17.09.0-ce"}}""".replace("HEX", hex)));
    }

    /** The sample of "Endpoint validation with Event Grid event schema". */
    @Test
    public void azure_wantsItsCodeBack() throws Exception {
        byte[] question = """
                [{
                  "id": "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66",
                  "topic": "/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                  "subject": "",
                  "data": {
                    "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6",
                    "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/myeventsub/validate?id=0000000000"
                  },
                  "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                  "eventTime": "2022-10-28T04:23:35.1981776Z",
                  "metadataVersion": "1",
                  "dataVersion": "1"
                }]""".getBytes(StandardCharsets.UTF_8);
        assertEquals(
                Optional.of("512d38b6-c7b8-40c8-89fe-f46f9e9622b6"),
                new AzurePayload().handshakeCode(Payload.parse(question)));
        assertEquals(List.of(), new AzurePayload().read("demo.azurecr.io", question));
        assertEquals(Optional.empty(), new DistributionPayload().handshakeCode(Payload.parse(question)));
    }

    /** The messages of "Configuring Pub/Sub notifications", with a whole digest where it has three dots. */
    @Test
    public void google_wrappedByPubSubUnwrappedAndOfAnotherRegistry() throws Exception {
        String tagged = """
                {"action":"INSERT","digest":"us-west1-docker.pkg.dev/my-project/my-repo/hello-world@sha256:%1$s","tag":"us-west1-docker.pkg.dev/my-project/my-repo/hello-world:1.1"}""".formatted(HEX);
        String envelope = """
                {"message": {"attributes": {"key": "value"}, "data": "%s", "messageId": "2070443601311540",
                   "message_id": "2070443601311540", "publishTime": "2021-02-26T19:13:55.749Z",
                   "publish_time": "2021-02-26T19:13:55.749Z"},
                 "subscription": "projects/myproject/subscriptions/mysubscription"}""";
        String host = "us-west1-docker.pkg.dev";
        List<RegistryEvent> wrapped = new GooglePayload().read(host, wrap(envelope, tagged));
        assertEquals(
                List.of(new RegistryEvent(
                        EventKind.PUSHED,
                        host,
                        "my-project/my-repo/hello-world",
                        "1.1",
                        DIGEST,
                        "",
                        "2070443601311540",
                        Instant.parse("2021-02-26T19:13:55.749Z"))),
                wrapped);
        assertEquals(
                List.of(new RegistryEvent(
                        EventKind.DELETED, host, "my-project/my-repo/hello-world", "1.1", null, "", "", null)),
                new GooglePayload()
                        .read(
                                host,
                                "{\"action\":\"DELETE\",\"tag\":\"us-west1-docker.pkg.dev/my-project/my-repo/hello-world:1.1\"}"
                                        .getBytes(StandardCharsets.UTF_8)));
        assertEquals(List.of(), new GooglePayload().read("gcr.io", wrap(envelope, tagged)));
        assertThat(
                refusal(new GooglePayload(), envelope.formatted("no Base64")), containsString("data of the message"));
        assertThat(
                refusal(
                        new GooglePayload(),
                        new String(wrap(envelope, "{\"action\":\"INSERT\"}"), StandardCharsets.UTF_8)),
                containsString("neither tag nor digest"));
        assertEquals(
                "the sample of \"Push subscriptions\" tells of no image",
                "the data of the message cannot be read: it is not strict JSON",
                refusal(
                                new GooglePayload(),
                                envelope.formatted("SGVsbG8gQ2xvdWQgUHViL1N1YiEgSGVyZSBpcyBteSBtZXNzYWdlIQ=="))
                        .split(": Unrec")[0]);
    }

    private static byte[] wrap(String envelope, String data) {
        return envelope.formatted(Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8)))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The sample of "Example Headers And Payloads" is one of npm; a Docker image's has the same members. */
    @Test
    public void nexus_tellsOfImagesAmongOtherComponents() throws Exception {
        String npm = """
                {
                   "timestamp":"2016-11-14T19:32:13.515+0000",
                   "nodeId":"7FFA7361-6ED33978-36997BD4-47095CC4-331356BE",
                   "initiator":"anonymous/127.0.0.1",
                   "repositoryName":"npm-proxy",
                   "action":"CREATED",
                   "component":{
                      "id":"08909bf0c86cf6c9600aade89e1c5e25",
                      "componentId":"bnBtLXByb3h5OjA4OTA5YmYwYzg2Y2Y2Yzk2MDBhYWRlODllMWM1ZTI1",
                      "format":"npm",
                      "name":"angular2",
                      "group":"types",
                      "version":"0.0.2"
                   }
                }""";
        assertEquals(List.of(), read(new NexusPayload(false), npm));
        String docker = npm.replace("npm-proxy", "docker-hosted")
                .replace("\"npm\"", "\"docker\"")
                .replace("angular2", "team/app")
                .replace("\"types\"", "null");
        assertEquals(
                List.of(event(EventKind.PUSHED, "team/app", "0.0.2", null, "anonymous", "", null)),
                read(new NexusPayload(false), docker));
        assertEquals(
                List.of(event(EventKind.DELETED, "docker-hosted/team/app", "0.0.2", null, "anonymous", "", null)),
                read(new NexusPayload(true), docker.replace("CREATED", "DELETED")));
        assertEquals(List.of(), read(new NexusPayload(true), docker.replace("CREATED", "PURGED")));
    }

    /** The sample of "Domain: Docker, Event: pushed", in the frame that the page "Event Types" shows for every domain. */
    @Test
    public void artifactory_pushedDeletedAndPromoted() throws Exception {
        String data = """
                { "repo_key":"docker-remote-cache", "event_type":"pushed", "path":"library/ubuntu/latest/list.manifest.json",
                  "name":"list.manifest.json", "sha256":"35c4a2c15539c6c1e4e5fa4e554dac323ad0107d8eb5c582d6ff386b383b7dce",
                  "size":1206, "image_name":"library/ubuntu", "tag":"latest",
                  "platforms":[ { "architecture":"amd64", "os":"linux" }, { "architecture":"arm", "os":"linux" } ] }""";
        String framed = "{\"domain\": \"docker\", \"event_type\": \"pushed\", \"data\": " + data
                + ", \"subscription_key\": \"test\", \"jpd_origin\": \"https://<your_origin>\", \"source\": \"jfrog/<your_source>\"}";
        Digest digest = Digest.parse("sha256:35c4a2c15539c6c1e4e5fa4e554dac323ad0107d8eb5c582d6ff386b383b7dce");
        List<RegistryEvent> inPath = List.of(at(
                "docker-remote-cache",
                event(EventKind.PUSHED, "docker-remote-cache/library/ubuntu", "latest", digest, "", "", null)));
        assertEquals(inPath, read(new ArtifactoryPayload(true), framed));
        assertEquals(inPath, read(new ArtifactoryPayload(true), framed.replace("pushed", "promoted")));
        assertEquals(inPath, read(new ArtifactoryPayload(true), data));
        assertEquals(
                List.of(at(
                        "docker-remote-cache",
                        event(EventKind.DELETED, "library/ubuntu", "latest", digest, "", "", null))),
                read(new ArtifactoryPayload(false), framed.replace("pushed", "deleted")));
        assertEquals(List.of(), read(new ArtifactoryPayload(true), framed.replace("\"docker\"", "\"artifact\"")));
        assertThat(
                refusal(new ArtifactoryPayload(true), framed.replace("\"repo_key\"", "\"repo\"")),
                containsString("no text at /repo_key"));
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
        assertThat(refusal(hub, "\"text\""), containsString("not a JSON object"));
        assertThat(refusal(hub, "[]"), containsString("/repository/repo_name"));
        assertThat(refusal(hub, "[1],\"push_data\":{}"), containsString("after its end"));
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
