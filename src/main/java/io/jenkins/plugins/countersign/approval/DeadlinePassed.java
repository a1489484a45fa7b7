package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.time.Instant;
import jenkins.model.CauseOfInterruption;

/** The gate did not open in time. */
public class DeadlinePassed extends CauseOfInterruption {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String stage;
    private final long deadline;
    private final String missing;
    /** As JSON; null in builds of the first versions. */
    private final String missingSentence;

    DeadlinePassed(String image, String stage, long deadline, Sentence missing) {
        this.image = image;
        this.stage = stage;
        this.deadline = deadline;
        this.missing = missing.text();
        this.missingSentence = missing.toJson().toString();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    /** Milliseconds since the epoch. */
    public long getDeadline() {
        return deadline;
    }

    @Override
    public String getShortDescription() {
        return Messages.DeadlinePassed_Description(
                stage, Instant.ofEpochMilli(deadline), ReadersLanguage.text(Sentence.read(missingSentence, missing)));
    }
}
