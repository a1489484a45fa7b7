package io.jenkins.plugins.countersign.engine.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Reads small things from a registry, several at a time: what takes long is waiting for the answers. Bounded, because registries
 * throttle; begun in the order of the list, so that whoever gives up after a failure knows that everything before was begun.
 * Closed, it has stopped: nothing goes on behind the caller's back.
 */
public final class Readings implements AutoCloseable {

    /** How many requests of one reader are on their way at a time at most. */
    public static final int AT_ONCE = 8;

    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    private final String action;
    private ExecutorService threads;

    /** @param action what it is for, in messages */
    public Readings(String action) {
        this.action = action;
    }

    /**
     * Returns when all are done. They keep their own answers and failures.
     *
     * @throws CancelledException if the thread is interrupted; {@link #close} then interrupts all that were begun
     */
    public void all(List<Runnable> readings) throws CancelledException {
        if (readings.size() < 2) {
            readings.forEach(Runnable::run);
            return;
        }
        if (threads == null) {
            threads = Executors.newFixedThreadPool(AT_ONCE, task -> {
                Thread thread = new Thread(task, "countersign trying to " + action);
                thread.setDaemon(true);
                return thread;
            });
        }
        List<Future<?>> begun = new ArrayList<>();
        readings.forEach(reading -> begun.add(threads.submit(reading)));
        try {
            for (Future<?> reading : begun) {
                reading.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while trying to " + action, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdownNow();
            awaitEnd(threads);
        }
    }

    static void awaitEnd(ExecutorService threads) {
        boolean interrupted = Thread.interrupted();
        try {
            threads.awaitTermination(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
