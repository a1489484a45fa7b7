package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;

/**
 * JFrog Artifactory's webhooks of the domain {@code docker}: a tag was pushed, deleted or promoted. Neither actor nor time is
 * told, so two pushes of one content look alike.
 *
 * <p>Source: jfrog.com, "JFrog Platform Administration, Webhooks, Domain: Docker" (events pushed, deleted, promoted; read
 * again on 22 November 2026). What its samples show is in {@code data}, as
 * the other domains' is; an older page shows it bare.
 *
 * @param isRepositoryInPath whether images are called {@code registry/<Artifactory's repository>/name}, which is JFrog's
 *     "repository path" method; otherwise each repository has a host name or port of its own
 */
public record ArtifactoryPayload(boolean isRepositoryInPath) implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        JsonNode data = payload.path("data").isObject() ? payload.get("data") : payload;
        String domain = Payload.text(payload, "/domain");
        EventKind kind =
                switch (Payload.textOrEmpty(payload, "/event_type")) {
                    case "pushed", "promoted" -> EventKind.PUSHED;
                    case "deleted" -> EventKind.DELETED;
                    default -> null;
                };
        if (kind == null || domain != null && !domain.equals("docker")) {
            return List.of();
        }
        String name = Payload.need(data, "/image_name");
        String hex = Payload.textOrEmpty(data, "/sha256");
        return List.of(new RegistryEvent(
                kind,
                registry,
                isRepositoryInPath ? Payload.need(data, "/repo_key") + "/" + name : name,
                Payload.need(data, "/tag"),
                Digest.isDigest("sha256:" + hex) ? Digest.parse("sha256:" + hex) : null,
                "",
                "",
                null,
                Payload.textOrEmpty(data, "/repo_key")));
    }

    @Override
    public boolean tellsEventsApart() {
        return false;
    }
}
