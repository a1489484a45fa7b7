package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Decides whether and when one operation is tried again. */
final class Repetition {

    private final RegistryAccess access;
    private final String action;
    private final Deadline deadline;
    private int attempt = 1;

    Repetition(RegistryAccess access, String action) {
        this.access = access;
        this.action = action;
        this.deadline = Deadline.in(access.timeouts().deadline(), access.clock());
    }

    void check() throws RegistryException {
        deadline.check(action);
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("cancelled while trying to " + action, null);
        }
    }

    /** Part of the work was done: what failed before no longer counts. */
    void advanced() {
        attempt = 1;
    }

    /** Returns after a pause when the operation is to be tried again; throws when it is not. */
    void pauseAfter(Failure failure) throws RegistryException {
        Retries retries = access.retries();
        if (attempt >= retries.attempts()) {
            throw failure.asException(action, attempt);
        }
        Duration pause = failure.retryAfter().orElseGet(() -> backOff(retries));
        if (failure.retryAfter().isPresent() && pause.compareTo(retries.retryAfterAtMost()) > 0) {
            throw failure.asException(
                    action + " (the registry asks to wait " + pause.toSeconds() + " s, at most "
                            + retries.retryAfterAtMost().toSeconds() + " s are waited)",
                    attempt);
        }
        if (pause.compareTo(deadline.left()) > 0) {
            throw new DeadlineException(
                    "tried to " + action + ", but its deadline of "
                            + deadline.allowed().toSeconds() + " s passes before it may be tried again: "
                            + failure.reason(),
                    failure.causeOrNull());
        }
        access.progress().on(new Event.Retried(action, attempt, failure.reason(), pause));
        attempt++;
        sleep(pause);
    }

    /** A pause at random, the longer the more often others were faster. */
    void jitter(int round) throws CancelledException {
        long longest = Math.min(
                access.retries().longest().toMillis(), access.retries().first().toMillis() * round);
        sleep(Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest + 1)));
    }

    private void sleep(Duration pause) throws CancelledException {
        try {
            access.sleeper().sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while waiting to " + action + " again", e);
        }
    }

    private Duration backOff(Retries retries) {
        long full = retries.first().toMillis() << Math.min(20, attempt - 1);
        long longest = Math.min(full, retries.longest().toMillis());
        return Duration.ofMillis(
                longest < 2 ? longest : ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    }
}
