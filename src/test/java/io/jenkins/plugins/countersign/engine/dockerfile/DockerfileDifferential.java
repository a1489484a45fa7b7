package io.jenkins.plugins.countersign.engine.dockerfile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * Compares the reader with the oracle on files that nobody wrote: random sentences of the grammar and random damage to the
 * corpus. Not a test of the ordinary run: {@code bench/dockerfile-differential} starts it.
 */
public final class DockerfileDifferential {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private DockerfileDifferential() {}

    /** Arguments: the oracle's program, seconds, seed. */
    public static void main(String[] args) throws Exception {
        long end = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
        Random random = new Random(Long.parseLong(args[2]));
        DockerfileSentences sentences = new DockerfileSentences(random, corpus());
        long cases = 0;
        long built = 0;
        long crashes = 0;
        int differences = 0;
        Oracle oracle = new Oracle(args[0]);
        while (System.nanoTime() < end && differences < 20) {
            DockerfileCase one = sentences.next("case-" + cases++);
            DockerfileCase.Answer expected = oracle.ask(one);
            if (expected == null) {
                crashes++;
                System.out.println("---- the oracle fell over\n" + JSON.writeValueAsString(one));
                oracle.close();
                oracle = new Oracle(args[0]);
                continue;
            }
            if (expected.error() == null) {
                built++;
            }
            String difference = difference(one, expected);
            if (difference != null) {
                differences++;
                System.out.println("---- " + difference + "\n" + JSON.writeValueAsString(one) + "\n"
                        + new String(one.file(), StandardCharsets.UTF_8) + "\noracle: " + expected + "\nours: "
                        + one.ours());
            }
        }
        oracle.close();
        System.out.println(cases + " files, " + built + " of them build, " + differences + " differences, " + crashes
                + " times the oracle fell over");
        if (differences > 0) {
            System.exit(1);
        }
    }

    /** The oracle's process. */
    static final class Oracle implements AutoCloseable {
        private final Process process;
        private final BufferedWriter to;
        private final BufferedReader from;

        Oracle(String program) throws IOException {
            process = new ProcessBuilder(program).start();
            to = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
            from = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** Null when it fell over. */
        DockerfileCase.Answer ask(DockerfileCase one) throws IOException {
            try {
                to.write(JSON.writeValueAsString(one));
                to.write('\n');
                to.flush();
            } catch (IOException ended) {
                return null;
            }
            String line = from.readLine();
            return line == null ? null : JSON.readValue(line, DockerfileCase.Answer.class);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** Null when both say the same. */
    static String difference(DockerfileCase one, DockerfileCase.Answer expected) {
        BuildInputs ours;
        try {
            ours = one.ours();
        } catch (RuntimeException | StackOverflowError e) {
            return "the reader fell over: " + e;
        }
        boolean baseMayHelp =
                ours.unknowns().stream().anyMatch(unknown -> unknown.message().startsWith("unless the base"));
        if (expected.error() == null && ours.refusal() != null) {
            return "refused, but it builds";
        }
        if (expected.error() != null && expected.error().startsWith("panic:")) {
            // BuildKit itself falls over, which says nothing
            return null;
        }
        if (expected.error() != null) {
            return ours.refusal() == null && !baseMayHelp ? "read, but it is refused" : null;
        }
        TreeSet<String> images = new TreeSet<>(expected.images());
        if (expected.frontend() != null) {
            images.add(expected.frontend());
        }
        return images.equals(ours.images()) ? null : "other images: " + ours.images();
    }

    static List<DockerfileCase> corpus() throws Exception {
        Path file = Path.of("src/test/resources/io/jenkins/plugins/countersign/engine/dockerfile/corpus.jsonl");
        return Files.exists(file)
                ? DockerfileCorpus.read(file).stream()
                        .map(DockerfileCorpus.Entry::question)
                        .toList()
                : List.of();
    }
}
