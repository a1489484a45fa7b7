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
 * <p>Source: docs.github.com, "Webhook events and payloads", the two events. The name of the image has to be put together: GitHub
 * keeps an owner as they wrote it, and registries know lower case alone.
 */
public final class GitHubPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        JsonNode found = payload.path("registry_package");
        JsonNode published = found.isObject() ? found : payload.path("package");
        String type = text(published, "/package_type");
        String action = text(payload, "/action");
        if (!"container".equalsIgnoreCase(type) || !("published".equals(action) || "updated".equals(action))) {
            return List.of();
        }
        String owner = text(published, "/owner/login");
        String repository = (owner == null ? Payload.need(published, "/namespace") : owner) + "/"
                + Payload.need(published, "/name");
        String version = text(published, "/package_version/version");
        Digest digest = Payload.digest(published, "/package_version/container_metadata/tag/digest");
        if (digest == null && version != null && Digest.isDigest(version)) {
            digest = Digest.parse(version);
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
