package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;

/**
 * An event that the registry bears out, with the digest that it names now.
 *
 * @param artifacts the signatures or approvals that it is about; empty for other events
 * @param link where people find the image at the registry; empty when that is nowhere
 */
record ConfirmedEvent(RegistryEvent event, List<Digest> artifacts, String link) {}
