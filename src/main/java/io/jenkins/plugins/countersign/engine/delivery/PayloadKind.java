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
    /** Any JSON, by JSON pointers: {@link PointedPayload}. */
    POINTED
}
