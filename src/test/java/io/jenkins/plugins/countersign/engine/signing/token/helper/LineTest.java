package io.jenkins.plugins.countersign.engine.signing.token.helper;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.Test;

public class LineTest {

    private static Line read(String text) throws IOException {
        return Line.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "n0nce");
    }

    @Test
    public void whatIsWrittenIsRead() throws Exception {
        Line line = Line.of("open", "a b\nc", null, "", new byte[] {0, -1}, 7L);
        Line read = Line.read(new ByteArrayInputStream(line.encode("n0nce")), "n0nce");
        assertEquals("open", read.verb());
        assertEquals("a b\nc", read.text(0));
        assertNull(read.bytes(1));
        assertEquals("", read.text(2));
        assertArrayEquals(new byte[] {0, -1}, read.bytes(3));
        assertEquals("7", read.text(4));
    }

    @Test
    public void aLibrarysChatterIsNoAnswer() throws Exception {
        assertEquals(
                "done",
                read("debug: hello\n\nsignature AAAA\nwrong signature AAAA\nn0nce done\n")
                        .verb());
        assertNull(read("n0ncedone\n"));
        assertNull(read(""));
    }

    @Test
    public void brokenAndEndlessLinesAreErrors() {
        assertThrows(IOException.class, () -> read("n0nce signature AA"));
        assertThrows(IOException.class, () -> read("n0nce signature !!\n"));
        assertThrows(IOException.class, () -> read("x".repeat(5_000_000)));
        assertThrows(IOException.class, () -> read("\n".repeat(200_000)));
    }
}
