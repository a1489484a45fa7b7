package io.jenkins.plugins.countersign.webhook;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What lies on the disk when the power goes in the middle of writing. */
public class KeptDeliveryTest {

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void aFileThatIsCutOffAnywhere_hasEveryDeliveryThatIsWhole_andNoOther() throws Exception {
        List<KeptDelivery> all = List.of(
                delivery(1, "{\"a\": 1}"),
                // A body that looks like the next header.
                delivery(2, "0001790000000000-00000009 hub 3\nabc\n"),
                delivery(3, ""),
                delivery(99_999_999, "{}"),
                delivery(100_000_000, "\n"));
        Path whole = folder.getRoot().toPath().resolve("whole");
        KeptDelivery.write(whole, all);
        byte[] bytes = Files.readAllBytes(whole);
        List<Integer> ends = new ArrayList<>();
        for (int i = 1; i <= all.size(); i++) {
            Path some = folder.getRoot().toPath().resolve("first " + i);
            KeptDelivery.write(some, all.subList(0, i));
            ends.add((int) Files.size(some));
        }
        Path cut = folder.getRoot().toPath().resolve("cut");
        for (int length = 0; length <= bytes.length; length++) {
            int at = length;
            Files.write(cut, Arrays.copyOf(bytes, length));
            List<KeptDelivery> read = KeptDelivery.read(cut);
            assertEquals(
                    "cut after " + length,
                    ends.stream().filter(end -> end <= at).count(),
                    read.size());
            for (int i = 0; i < read.size(); i++) {
                assertEquals(all.get(i).id(), read.get(i).id());
                assertEquals(all.get(i).source(), read.get(i).source());
                assertArrayEquals(all.get(i).body(), read.get(i).body());
            }
        }
    }

    private static KeptDelivery delivery(int number, String body) {
        return new KeptDelivery(
                "0001790000000000-%08d".formatted(number), "hub", body.getBytes(StandardCharsets.UTF_8));
    }
}
