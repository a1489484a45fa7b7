package io.jenkins.plugins.countersign.engine.event;

/**
 * Is told what happens while something long goes on. Called from several threads, in the order of each blob's own events;
 * must return quickly and must not throw.
 */
@FunctionalInterface
public interface Progress {

    /** Tells nobody. */
    Progress NONE = event -> {};

    void on(Event event);

    /** Tells both. */
    default Progress and(Progress other) {
        return event -> {
            on(event);
            other.on(event);
        };
    }
}
