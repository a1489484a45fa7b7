package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Writers that attach a statement each to one image, all at once; also a program, to be several processes. */
public final class FiftyWriters {

    private FiftyWriters() {}

    static void inThreads(int writers, Callable<Repository> open, Descriptor image) throws Exception {
        attach(writers, "thread", open, image);
    }

    static void inProcesses(int processes, int threadsEach, String repository, Digest image, String... access)
            throws Exception {
        ExecutorService runs = Executors.newFixedThreadPool(processes);
        try {
            List<Future<Run>> all = new ArrayList<>();
            for (int i = 0; i < processes; i++) {
                List<String> command = new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        FiftyWriters.class.getName(),
                        repository,
                        image.toString(),
                        Integer.toString(threadsEach),
                        "process " + i));
                command.addAll(List.of(access));
                all.add(runs.submit(() -> Run.of(java.util.Map.of(), null, command)));
            }
            for (Future<Run> run : all) {
                run.get().succeeded();
            }
        } finally {
            runs.shutdownNow();
        }
    }

    /** {@code repository digest threads name [authority.pem user password]} */
    public static void main(String[] args) throws Exception {
        Callable<Repository> open = () -> {
            if (args.length == 4) {
                return Repositories.open(args[0]);
            }
            String host = args[0].substring(0, args[0].indexOf('/'));
            return Repositories.open(
                    args[0],
                    RegistryAccess.of(host)
                            .withAuthorities(Files.readString(Path.of(args[4])))
                            .withLogin(args[5], args[6]));
        };
        try (Repository repository = open.call()) {
            Manifest image = repository.manifest(Digest.parse(args[1])).orElseThrow();
            attach(Integer.parseInt(args[2]), args[3], open, image.descriptor());
        }
        System.exit(0);
    }

    private static void attach(int writers, String name, Callable<Repository> open, Descriptor image) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        CountDownLatch ready = new CountDownLatch(writers);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                String text = name + " statement " + i;
                all.add(threads.submit(() -> {
                    try (Repository repository = open.call()) {
                        Manifest statement = Samples.statement(repository, image, text);
                        ready.countDown();
                        ready.await();
                        repository.attach(statement);
                    }
                    return null;
                }));
            }
            for (Future<?> writer : all) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
