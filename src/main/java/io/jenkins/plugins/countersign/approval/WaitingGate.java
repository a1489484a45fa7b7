package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Something that waits for the approvals of one image in one stage. */
interface WaitingGate {

    /** {@code registry/repository} */
    String repository();

    Digest digest();

    String stage();

    /** When the wait ends without an answer; null for never. */
    Instant deadlineOrNull();

    /** Is told what is next to the image now. Called by one thread at a time; may take as long as a decision takes. */
    void onLook(ImageReading reading);

    /** The deadline has passed. */
    void onDeadline();

    /** Names of the trust policy whose approval would help, as the last look said; empty before it. */
    Set<String> candidates();

    /** For pages; empty when the build is gone. */
    Optional<GatePage> page();
}
