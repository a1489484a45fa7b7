package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.net.URI;

/** Where people find an image on its registry's own pages. Made from what was configured and checked, never from a payload. */
final class RegistryPage {

    private RegistryPage() {}

    /** The address; empty when the vendor has none that can be told from repository, tag and digest. */
    static String of(RegistryEvent event, WebhookSource source) {
        if (event.digestOrNull() == null) {
            return "";
        }
        String digest = event.digestOrNull().toString();
        if (source.getPageUrl() != null) {
            String page = source.getPageUrl()
                    .replace("{repository}", event.repository())
                    .replace("{tag}", event.tagOrNull() == null ? "" : event.tagOrNull())
                    .replace("{digest}", digest);
            return isPage(page) ? page : "";
        }
        return switch (source.getKind()) {
            case DOCKER_HUB ->
                event.tagOrNull() == null
                        ? "https://hub.docker.com/r/" + event.repository()
                        : "https://hub.docker.com/layers/" + event.repository() + "/" + event.tagOrNull() + "/images/"
                                + digest.replace(':', '-');
            case QUAY -> "https://" + event.registry() + "/repository/" + event.repository() + "/manifest/" + digest;
            // Both send a browser on to their page about the image.
            case GITHUB -> "https://" + event.name();
            case GOOGLE -> "https://" + event.name() + "@" + digest;
            // Both only where pages and images have one host name, and the name begins with the vendor's own
            // repository.
            case ARTIFACTORY ->
                "https://" + event.registry() + "/ui/repos/tree/General/" + event.repository()
                        + (event.tagOrNull() == null ? "" : "/" + event.tagOrNull());
            case NEXUS_PATH -> nexus(event);
            // Harbor's pages go by a project's number, Azure's by a subscription's, and neither is in an image's name.
            case HARBOR, AZURE, ARTIFACTORY_SUBDOMAIN, NEXUS, MIRANTIS, DISTRIBUTION, POINTED -> "";
        };
    }

    private static String nexus(RegistryEvent event) {
        String[] name = event.repository().split("/", 2);
        return "https://" + event.registry() + "/#browse/browse:" + name[0]
                + (name.length == 1 ? "" : ":v2%2F" + name[1].replace("/", "%2F") + "%2Ftags")
                + (name.length == 1 || event.tagOrNull() == null ? "" : "%2F" + event.tagOrNull());
    }

    /** Whether it is the address of a web page, and no script. */
    static boolean isPage(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getHost() != null
                    && ("https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
