package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.trust.Requirement;
import java.io.Serializable;
import java.util.List;

/**
 * Places of a requirement that nobody fills.
 *
 * @param requirement index of the stage's requirement
 * @param need the requirement
 * @param open how many of its places are empty
 * @param couldStillApprove whose approval would fill one, directly or because others move to other places; or would
 *     together with the others whom the decision says to be enough
 */
public record Missing(int requirement, Requirement need, int open, List<Candidate> couldStillApprove)
        implements Serializable {
    public Missing {
        couldStillApprove = List.copyOf(couldStillApprove);
    }
}
