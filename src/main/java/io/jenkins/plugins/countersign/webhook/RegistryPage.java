package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where people find an image at its registry: the vendor's page about it, or else what the registry itself answers about it.
 * Put together here, from the registry as it was configured and from names that were checked; no address of a payload, nor a
 * part of one, gets into a link unless this class knows what it is.
 */
final class RegistryPage {

    /** Azure Resource Manager's name of a registry: learn.microsoft.com, "Naming rules", Microsoft.ContainerRegistry. */
    private static final Pattern AZURE_RESOURCE = Pattern.compile(
            "/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[A-Za-z0-9_().-]{1,90}/providers/Microsoft\\.ContainerRegistry"
                    + "/registries/([a-zA-Z0-9]{5,50})",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    private RegistryPage() {}

    /** The address; empty when {@code pageUrl} was configured so that none results. */
    static String of(RegistryEvent event, WebhookSource source) {
        boolean gone = event.kind() == EventKind.DELETED || event.digestOrNull() == null;
        if (source.getPageUrl() != null) {
            String page = gone ? "" : configured(event, source.getPageUrl());
            return isPage(page) ? page : "";
        }
        String page = gone ? ofRepository(event, source) : ofImage(event, source);
        return isPage(page) ? page : registrysAnswer(event, gone);
    }

    private static String configured(RegistryEvent event, String pageUrl) {
        return pageUrl.replace("{repository}", event.repository())
                .replace("{tag}", event.tagOrNull() == null ? "" : event.tagOrNull())
                .replace("{digest}", event.digestOrNull().toString());
    }

    private static String ofImage(RegistryEvent event, WebhookSource source) {
        String digest = event.digestOrNull().toString();
        String tag = event.tagOrNull();
        String registry = "https://" + event.registry();
        return switch (source.getKind()) {
            case DOCKER_HUB ->
                tag == null
                        ? ofRepository(event, source)
                        : "https://hub.docker.com/layers/" + event.repository() + "/" + tag + "/images/"
                                + digest.replace(':', '-');
            case QUAY -> registry + "/repository/" + event.repository() + "/manifest/" + digest;
            // Google sends a browser on to its page about the image.
            case GOOGLE -> "https://" + event.name() + "@" + digest;
            case HARBOR -> {
                String repository = harbor(event);
                yield repository.isEmpty() ? "" : repository + "/artifacts-tab/artifacts/" + digest;
            }
            // As the "location" of its deliveries says: docs.mirantis.com, "MSR 2.9, Manage webhooks".
            case MIRANTIS -> tag == null ? "" : registry + "/repositories/" + event.repository() + "/tags/" + tag;
            case ARTIFACTORY, ARTIFACTORY_SUBDOMAIN, NEXUS_PATH -> {
                String repository = ofRepository(event, source);
                String join = source.getKind() == PayloadKind.NEXUS_PATH ? "%2F" : "/";
                yield repository.isEmpty() || tag == null ? repository : repository + join + tag;
            }
            case GITHUB, AZURE -> ofRepository(event, source);
            case NEXUS, DISTRIBUTION, POINTED -> "";
        };
    }

    private static String ofRepository(RegistryEvent event, WebhookSource source) {
        String registry = "https://" + event.registry();
        return switch (source.getKind()) {
            case DOCKER_HUB -> "https://hub.docker.com/r/" + event.repository();
            case QUAY -> registry + "/repository/" + event.repository();
            case MIRANTIS -> registry + "/repositories/" + event.repository();
            // Both send a browser on to their page about the package.
            case GITHUB, GOOGLE -> "https://" + event.name();
            case HARBOR -> harbor(event);
            case AZURE -> azure(event);
            // Where pages and images have one host name, and the name begins with the vendor's own repository.
            case ARTIFACTORY -> registry + "/ui/repos/tree/General/" + event.repository();
            case ARTIFACTORY_SUBDOMAIN -> artifactory(event);
            case NEXUS_PATH -> nexus(event);
            // A port of its own has no pages, and Distribution has none at all.
            case NEXUS, DISTRIBUTION, POINTED -> "";
        };
    }

    /**
     * Harbor's pages go by the project's number. In its place a name does as well, unless that is a number.
     *
     * <p>Source: github.com/goharbor/harbor at c50c7ddd (21 August 2026), src/portal/src/app/base: base.module.ts,
     * project/repository/artifact/artifact.module.ts; the number is handed to the API, whose
     * src/server/v2.0/handler/util.go (parseProjectNameOrID) takes either.
     */
    private static String harbor(RegistryEvent event) {
        String[] name = event.repository().split("/", 2);
        return name.length == 1 || NUMBER.matcher(name[0]).matches()
                ? ""
                : "https://" + event.registry() + "/harbor/projects/" + name[0] + "/repositories/"
                        + name[1].replace("/", "%2F");
    }

    /**
     * The portal goes by the resource, which Event Grid names as {@code source} or {@code topic}, the registry's own webhooks do
     * not. It has to be the configured registry's. Source: the Azure Developer CLI, which links so to what it has made
     * (github.com/Azure/azure-dev); and learn.microsoft.com, "Azure Container Registry as an Event Grid source".
     */
    private static String azure(RegistryEvent event) {
        Matcher resource = AZURE_RESOURCE.matcher(event.place());
        String[] host = event.registry().split("\\.", 2);
        if (!resource.matches() || host.length == 1) {
            return "";
        }
        String name = resource.group(1).toLowerCase(Locale.ROOT);
        String portal =
                switch (host[1]) {
                    case "azurecr.io" -> "https://portal.azure.com";
                    case "azurecr.cn" -> "https://portal.azure.cn";
                    case "azurecr.us" -> "https://portal.azure.us";
                    default -> "";
                };
        // With an autoGeneratedDomainNameLabelScope a host goes on after the name, with a hyphen.
        boolean isItsOwn = host[0].equals(name) || host[0].startsWith(name + "-");
        return portal.isEmpty() || !isItsOwn ? "" : portal + "/#@/resource" + event.place();
    }

    /** {@code <repository>.<host of the pages>}: jfrog.com, "Get Started With Artifactory as a Docker Registry, Subdomain". */
    private static String artifactory(RegistryEvent event) {
        String prefix = event.place() + ".";
        return event.place().isEmpty() || !event.registry().startsWith(prefix)
                ? ""
                : "https://" + event.registry().substring(prefix.length()) + "/ui/repos/tree/General/" + event.place()
                        + "/" + event.repository();
    }

    private static String nexus(RegistryEvent event) {
        String[] name = event.repository().split("/", 2);
        return "https://" + event.registry() + "/#browse/browse:" + name[0]
                + (name.length == 1 ? "" : ":v2%2F" + name[1].replace("/", "%2F") + "%2Ftags");
    }

    /**
     * Every registry answers here, though no page: the manifest, or of what is gone the tags that are left. Source: OCI
     * distribution specification 1.1, "Pulling manifests" and "Listing tags".
     */
    private static String registrysAnswer(RegistryEvent event, boolean gone) {
        boolean plain = CountersignConfiguration.get()
                .registry(event.registry())
                .map(RegistryConfiguration::isInsecurePlainHttp)
                .orElse(false);
        String answer = (plain ? "http" : "https") + "://" + event.registry() + "/v2/" + event.repository()
                + (gone ? "/tags/list" : "/manifests/" + event.digestOrNull());
        return isPage(answer) ? answer : "";
    }

    /** Whether it is the address of a web page, no script, and shows the host that it leads to. */
    static boolean isPage(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && ("https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
