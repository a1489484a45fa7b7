package io.jenkins.plugins.countersign.approval;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;

/** Shares threads between registries: what asks one of them waits behind what asks the same, and before nobody else. */
final class Lanes {

    private final Executor threads;
    private final int width;
    private final Map<String, Lane> lanes = new HashMap<>();

    /** @param width how many threads one registry may have at once */
    Lanes(Executor threads, int width) {
        this.threads = threads;
        this.width = width;
    }

    /** @param work must not throw */
    void execute(String registry, Runnable work) {
        synchronized (lanes) {
            Lane lane = lanes.computeIfAbsent(registry, name -> new Lane());
            if (lane.running == width) {
                lane.waiting.add(work);
                return;
            }
            lane.running++;
        }
        threads.execute(() -> run(registry, work));
    }

    private void run(String registry, Runnable work) {
        try {
            work.run();
        } finally {
            Runnable next;
            synchronized (lanes) {
                Lane lane = lanes.get(registry);
                next = lane.waiting.poll();
                if (next == null && --lane.running == 0) {
                    lanes.remove(registry);
                }
            }
            if (next != null) {
                threads.execute(() -> run(registry, next));
            }
        }
    }

    void stop() {
        if (threads instanceof ThreadPoolExecutor pool) {
            pool.shutdownNow();
        }
    }

    private static final class Lane {
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int running;
    }
}
