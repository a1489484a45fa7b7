package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;
import java.util.List;

/**
 * The verified seal of a stage that the image has passed: its signature is by one of the policy's gate keys, and it was
 * found at the image's digest.
 *
 * @param stage the stage
 * @param image the digest that was sealed
 * @param sealedAt when the gate says it sealed
 * @param confirmedAt when the stage's head was last signed for this digest; {@code sealedAt} when there is no head
 * @param counted digests of the payloads of the approvals that the gate counted
 */
public record StageSeal(String stage, Digest image, Instant sealedAt, Instant confirmedAt, List<Digest> counted)
        implements Serializable {
    public StageSeal {
        counted = List.copyOf(counted);
    }
}
