package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import jenkins.model.Jenkins;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/** What is entered at a registry so that it sends its deliveries here; ready to be copied, with a gap where the secret goes. */
@Restricted(NoExternalUse.class)
public final class SenderSettings {

    private static final String SECRET = "<the secret>";

    private final PayloadKind kind;
    private final Proof proof;
    private final WebhookSource source;
    private final boolean configured;

    private SenderSettings(WebhookSource source, boolean configured) {
        this.kind = source.getKind();
        this.proof = source.getProof();
        this.source = source;
        this.configured = configured;
    }

    static SenderSettings of(WebhookSource source) {
        return new SenderSettings(source, true);
    }

    static SenderSettings example(PayloadKind kind) {
        WebhookSource example = new WebhookSource("my-source", kind, "registry.example.com", null);
        example.setProof(usual(kind));
        return new SenderSettings(example, false);
    }

    /** The strongest proof that the sender can give. */
    static Proof usual(PayloadKind kind) {
        return switch (kind) {
            case GITHUB, POINTED -> Proof.HMAC;
            case NEXUS, NEXUS_PATH -> Proof.HMAC_SHA1;
            case DISTRIBUTION, HARBOR, AZURE -> Proof.HEADER;
            case ARTIFACTORY, ARTIFACTORY_SUBDOMAIN -> Proof.HMAC;
            case GOOGLE -> Proof.GOOGLE_TOKEN;
            case DOCKER_HUB, QUAY, MIRANTIS -> Proof.PATH;
        };
    }

    /**
     * Whether there may be no header to put a secret into. Of a sender that we do not know nothing better is known; Event Grid is
     * not documented to send its headers with the question that comes before all deliveries.
     */
    static boolean mayNeedPath(PayloadKind kind) {
        return usual(kind) == Proof.PATH || kind == PayloadKind.POINTED || kind == PayloadKind.AZURE;
    }

    public boolean isConfigured() {
        return configured;
    }

    public String getSource() {
        return source.getId();
    }

    public String getKind() {
        return kind.name();
    }

    /** Whose they are, by the vendor's own name. */
    public String getVendor() {
        return switch (kind) {
            case DISTRIBUTION -> "CNCF Distribution, Docker Registry";
            case DOCKER_HUB -> "Docker Hub";
            case HARBOR -> "Harbor, Mirantis Secure Registry 4";
            case QUAY -> "Quay";
            case GITHUB -> "GitHub Container Registry";
            case MIRANTIS -> "Docker Trusted Registry, Mirantis Secure Registry 2, 3";
            case AZURE -> "Azure Container Registry";
            case GOOGLE -> "Google Artifact Registry";
            case NEXUS, NEXUS_PATH -> "Sonatype Nexus Repository 3";
            case ARTIFACTORY, ARTIFACTORY_SUBDOMAIN -> "JFrog Artifactory";
            case POINTED -> "JSON";
        };
    }

    /** Where deliveries go. */
    public String getUrl() {
        String root = Jenkins.get().getRootUrl();
        return (root == null ? "<URL of Jenkins>/" : root) + WebhookEndpoint.URL + "/" + source.getId()
                + (proof == Proof.PATH ? "/" + SECRET : "");
    }

    /** To be copied. In the senders' own words, which are English. */
    public String getText() {
        String url = getUrl();
        return switch (kind) {
            case DISTRIBUTION -> """
                # config.yml of the registry
                notifications:
                  endpoints:
                    - name: jenkins
                      url: URL
                      headers:
                        Authorization: ["Bearer SECRET"]
                      timeout: 10s
                      threshold: 5
                      backoff: 30s
                      ignore:
                        actions: [pull]
                """.replace("SECRET", SECRET).replace("URL", url);
            case DOCKER_HUB -> "Repository > Webhooks > New Webhook\nWebhook name: jenkins\nWebhook URL: " + url + "\n";
            case HARBOR ->
                "Project > Webhooks > New Webhook\nName: jenkins\nNotify Type: http\nPayload Format: Default\n"
                        + "Event Type: Artifact pushed, Artifact deleted, Scanning finished\nEndpoint URL: " + url
                        + "\nAuth Header: " + SECRET + "\nVerify Remote Certificate: yes\n";
            case QUAY ->
                "Repository Settings > Events and Notifications > Create Notification\n"
                        + "When this event occurs: Push to Repository\nThen issue a notification: Webhook POST\nWebhook URL: "
                        + url + "\n";
            case GITHUB ->
                "Organization Settings > Webhooks > Add webhook\nPayload URL: " + url
                        + "\nContent type: application/json\nSecret: " + SECRET
                        + "\nLet me select individual events: Packages\n";
            case MIRANTIS -> mirantis(url);
            case AZURE -> azure(url);
            case GOOGLE ->
                "gcloud pubsub subscriptions create jenkins --topic gcr \\\n  --push-endpoint=\"" + url + "\"" + token()
                        + "\n";
            case NEXUS, NEXUS_PATH ->
                "Settings > System > Capabilities > Create capability > Webhook: Repository\n"
                        + "Repository: <the Docker repository>\nEvent Types: component\nURL: " + url + "\nSecret Key: "
                        + SECRET + "\n";
            case ARTIFACTORY, ARTIFACTORY_SUBDOMAIN ->
                "Platform > Integrations > Webhooks > New Webhook > Predefined\nURL: " + url
                        + "\nEvents: Docker: Tag was pushed, Tag was deleted, Tag was promoted\nSecret Token: " + SECRET
                        + "\nUse secret for payload signing: " + (proof == Proof.HMAC ? "yes" : "no") + "\n";
            case POINTED -> "POST " + url + "\n" + kind.defaultHeader(proof) + ": " + shown() + "\n";
        };
    }

    private static String mirantis(String url) {
        // One for each kind of event.
        return "for type in TAG_PUSH TAG_DELETE SCAN_COMPLETED; do\n"
                + "  curl -X POST \"https://<registry>/api/v0/webhooks\" -H \"content-type: application/json\" \\\n"
                + "    -u <user>:<access token> \\\n"
                + "    -d '{\"endpoint\": \"" + url
                + "\", \"key\": \"<namespace>/<repository>\", \"type\": \"'$type'\"}'\n"
                + "done\n";
    }

    /** The registry's own webhooks, and Event Grid: each can set a header. */
    private String azure(String url) {
        boolean inPath = proof == Proof.PATH;
        String eventGrid = "az eventgrid event-subscription create --name jenkins \\\n"
                + "  --source-resource-id $(az acr show --name <registry> --query id --output tsv) \\\n"
                + "  --event-delivery-schema cloudeventschemav1_0 \\\n"
                + "  --included-event-types Microsoft.ContainerRegistry.ImagePushed Microsoft.ContainerRegistry.ImageDeleted \\\n"
                + (inPath
                        ? ""
                        : "  --delivery-attribute-mapping Authorization static \"Bearer " + SECRET + "\" true \\\n")
                + "  --endpoint \"" + url + "\"\n";
        return inPath
                ? eventGrid
                : "az acr webhook create --name jenkins --registry <registry> --actions push delete \\\n  --uri " + url
                        + " --headers \"Authorization=Bearer " + SECRET + "\"\n\n# or through Event Grid\n" + eventGrid;
    }

    private String token() {
        if (proof != Proof.GOOGLE_TOKEN) {
            return "";
        }
        String email = source.getTokenEmail();
        String audience = source.getTokenAudience();
        return " \\\n  --push-auth-service-account=" + (email == null ? "<service account>" : email)
                + (audience == null ? "" : " \\\n  --push-auth-token-audience=\"" + audience + "\"");
    }

    private String shown() {
        return switch (proof) {
            case HMAC -> "sha256=<HMAC-SHA256 of the body, in hexadecimal>";
            case HMAC_SHA1 -> "<HMAC-SHA1 of the body, in hexadecimal>";
            case HEADER -> "Bearer " + SECRET;
            case PATH -> "";
            case GOOGLE_TOKEN -> "Bearer <a token that Google signs>";
        };
    }
}
