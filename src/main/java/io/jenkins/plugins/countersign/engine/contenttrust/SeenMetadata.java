package io.jenkins.plugins.countersign.engine.contenttrust;

import java.util.Map;

/** Remembers the highest version of each metadata file that was believed, so that an older one is not believed again. */
public interface SeenMetadata {

    /**
     * @param server host of the Notary server
     * @return 0 when none was seen
     * @throws ContentTrustException if the memory cannot be read: unknown is not none
     */
    long highest(String server, String gun, String role) throws ContentTrustException;

    /** Raises what is known; lowers nothing. */
    void remember(String server, String gun, Map<String, Long> versions) throws ContentTrustException;
}
