package io.jenkins.plugins.countersign.engine.dockerfile;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.Test;

/** Our reader and BuildKit's own code agree on every case of the corpus, down to the last image and refusal. */
public class DockerfileCorpusTest {

    @Test
    public void everyTrickBringsInWhatItBringsIntoBuildKit() throws Exception {
        List<DockerfileCorpus.Entry> corpus = DockerfileCorpus.read(
                Path.of(DockerfileCorpusTest.class.getResource("corpus.jsonl").toURI()));
        List<String> differences = new ArrayList<>();
        for (DockerfileCorpus.Entry entry : corpus) {
            BuildInputs ours = entry.question().ours();
            boolean refused = entry.answer().error() != null;
            if (refused != ours.refused().isPresent()) {
                differences.add(entry.question().name() + ": BuildKit says "
                        + entry.answer().error() + ", we say " + ours.refusal());
            } else if (!refused && !expected(entry).equals(ours.images())) {
                differences.add(
                        entry.question().name() + ": BuildKit pulls " + expected(entry) + ", we say " + ours.images());
            }
        }
        assertTrue("several hundred cases, but only " + corpus.size(), corpus.size() > 1000);
        assertEquals(differences.stream().collect(Collectors.joining("\n")), 0, differences.size());
    }

    private static TreeSet<String> expected(DockerfileCorpus.Entry entry) {
        TreeSet<String> images = new TreeSet<>(entry.answer().images());
        if (entry.answer().frontend() != null) {
            images.add(entry.answer().frontend());
        }
        return images;
    }
}
