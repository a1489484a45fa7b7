package io.jenkins.plugins.countersign.webhook;

import java.util.ArrayList;
import java.util.List;

/** A build was started because a base image was updated that the job's last check had recorded. */
public class BaseUpdateCause extends ImageEventCause {

    private final List<String> chain;

    /** @param chain full names of the jobs whose builds led here, one after the other: none of them is built again for it */
    BaseUpdateCause(ConfirmedEvent event, List<String> chain) {
        super(event, "base-updated");
        this.chain = new ArrayList<>(chain);
    }

    List<String> chain() {
        return List.copyOf(chain);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BaseUpdateCause cause && super.equals(other) && chain.equals(cause.chain);
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + chain.hashCode();
    }

    @Override
    String describe(String image, String who) {
        return Messages.BaseUpdateCause_Description(image, who);
    }
}
