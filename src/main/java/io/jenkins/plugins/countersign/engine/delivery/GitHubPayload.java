package io.jenkins.plugins.countersign.engine.delivery;

import static io.jenkins.plugins.countersign.engine.delivery.Payload.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;
import java.util.Locale;

/**
 * GitHub's events {@code registry_package} and {@code package}, for containers.
 *
 * <p>Source: docs.github.com, "Webhook events and payloads", the two events (webhooks/webhook-events-and-payloads; read on 22
 * November 2026, with the samples of github.com/octokit/webhooks at 3a58428a); GitHub recommends {@code package}. The name of
 * the image has to be put together: GitHub keeps an owner as they wrote it, and registries know lower case alone. The samples
 * call the type of a container's package npm and its registry's CONTAINER, and give a tag without name and a digest that is
 * none; what GitHub really sends says container twice.
 */
public final class GitHubPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        JsonNode found = payload.path("registry_package");
        JsonNode published = found.isObject() ? found : payload.path("package");
        String type = text(published, "/package_type");
        String action = text(payload, "/action");
        boolean isImage =
                "container".equalsIgnoreCase(type) || "container".equalsIgnoreCase(text(published, "/registry/type"));
        if (!isImage || !("published".equals(action) || "updated".equals(action))) {
            return List.of();
        }
        String owner = text(published, "/owner/login");
        String repository = (owner == null ? Payload.need(published, "/namespace") : owner) + "/"
                + Payload.need(published, "/name");
        String version = text(published, "/package_version/version");
        String tagged = text(published, "/package_version/container_metadata/tag/digest");
        Digest digest = null;
        for (String named : new String[] {version, tagged}) {
            if (named != null && Digest.isDigest(named)) {
                digest = Digest.parse(named);
            }
        }
        return List.of(new RegistryEvent(
                EventKind.PUSHED,
                registry,
                repository.toLowerCase(Locale.ROOT),
                text(published, "/package_version/container_metadata/tag/name"),
                digest,
                Payload.textOrEmpty(payload, "/sender/login"),
                "",
                Payload.time(published, "/updated_at")));
    }
}
