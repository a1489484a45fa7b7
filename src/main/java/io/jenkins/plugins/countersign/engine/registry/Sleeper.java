package io.jenkins.plugins.countersign.engine.registry;

import java.time.Duration;

/** Waits. Tests do not. */
@FunctionalInterface
interface Sleeper {

    Sleeper REAL = duration -> Thread.sleep(duration.toMillis());

    void sleep(Duration duration) throws InterruptedException;
}
