package io.jenkins.plugins.countersign.engine.delivery;

/** Whose deliveries are read. */
public enum PayloadKind {
    /** CNCF Distribution, Docker Registry. */
    DISTRIBUTION,
    DOCKER_HUB,
    /** Harbor, and Mirantis Secure Registry 4. */
    HARBOR,
    QUAY,
    GITHUB,
    /** Docker Trusted Registry, Mirantis Secure Registry 2 and 3. */
    MIRANTIS,
    /** Azure Container Registry, by its own webhooks or by Event Grid. */
    AZURE,
    /** Google's Artifact Registry and Container Registry, by Pub/Sub or Eventarc. */
    GOOGLE,
    /** Sonatype Nexus Repository 3 whose Docker repositories have a port or host name each. */
    NEXUS,
    /** The same, with Nexus' repository as the first part of the image's name. */
    NEXUS_PATH,
    /** JFrog Artifactory with the repository as the first part of the image's name. */
    ARTIFACTORY,
    /** The same, whose Docker repositories have a host name or port each. */
    ARTIFACTORY_SUBDOMAIN,
    /** Any JSON, by JSON pointers: {@link PointedPayload}. */
    POINTED;

    /** In which header this sender shows the proof if it is asked for nothing else. */
    public String defaultHeader(Proof proof) {
        return switch (this) {
            case NEXUS, NEXUS_PATH -> "X-Nexus-Webhook-Signature";
            case ARTIFACTORY, ARTIFACTORY_SUBDOMAIN -> "X-JFrog-Event-Auth";
            default -> proof.signs() ? "X-Hub-Signature-256" : "Authorization";
        };
    }
}
