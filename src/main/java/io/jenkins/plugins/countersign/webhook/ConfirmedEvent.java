package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;

/**
 * An event that the registry bears out, with the digest that it names now.
 *
 * @param artifacts the signatures or approvals that it is about; empty for other events
 * @param link the registry's page about the image; empty when there is none
 */
record ConfirmedEvent(RegistryEvent event, List<Digest> artifacts, String link) {}
