package io.jenkins.plugins.countersign.engine.json;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.Test;

public class StrictJsonTest {

    private static final int MAX = 1000;

    @Test
    public void whatTwoReadersCouldTakeForDifferentThings() {
        Map<byte[], String> bad = new LinkedHashMap<>();
        bad.put("{\"a\":1,\"a\":2}".getBytes(UTF_8), "Duplicate field 'a'");
        bad.put("{\"a\":1} {}".getBytes(UTF_8), "Trailing token");
        bad.put("\uFEFF{}".getBytes(UTF_8), "byte order mark");
        bad.put("{}".getBytes(UTF_16LE), "NUL byte");
        bad.put(new byte[] {'{', '"', (byte) 0xC0, (byte) 0x80, '"', ':', '1', '}'}, "not valid UTF-8");
        bad.put(("{\"a\":" + "[".repeat(65) + "]".repeat(65) + "}").getBytes(UTF_8), "nesting depth");
        bad.put(("{\"a\":" + "9".repeat(41) + "}").getBytes(UTF_8), "Number value length (41)");
        bad.put(("{\"" + "a".repeat(MAX) + "\":1}").getBytes(UTF_8), "at most " + MAX);
        bad.put("[]".getBytes(UTF_8), "not a JSON object");
        bad.put(new byte[0], "not a JSON object");
        bad.forEach((content, reason) -> assertThat(
                assertThrows(reason, IOException.class, () -> StrictJson.readObject(content, MAX))
                        .getMessage(),
                containsString(reason)));
    }

    @Test
    public void whatOthersWroteStaysAsItWas() throws IOException {
        for (String written : new String[] {
            "{\"b\":1,\"a\":{\"deep\":[true,null,-12345678901234567890,0.10000000000000000001]}}",
            "{\"text\":\"é 漢 \uD83D\uDE00 \\n\"}",
            "{\"half\":\"\\uD800\"}"
        }) {
            assertEquals(
                    written, new String(StrictJson.write(StrictJson.readObject(written.getBytes(UTF_8), MAX)), UTF_8));
        }
    }
}
