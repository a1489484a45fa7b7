package io.jenkins.plugins.countersign.engine.dockerfile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The corpus: our cases, the oracle's answers; one pair per line. {@code bench/dockerfile-corpus} writes it anew. */
final class DockerfileCorpus {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private DockerfileCorpus() {}

    record Entry(DockerfileCase question, DockerfileCase.Answer answer) {}

    static List<Entry> read(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            entries.add(JSON.readValue(line, Entry.class));
        }
        return entries;
    }
}
