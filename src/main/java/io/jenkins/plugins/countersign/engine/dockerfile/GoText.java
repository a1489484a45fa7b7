package io.jenkins.plugins.countersign.engine.dockerfile;

import java.nio.charset.StandardCharsets;

/**
 * Text as Go has it: bytes that are UTF-8 if all is well. A Java string of it holds one byte in each char, so that offsets,
 * cuts in the middle of a character and broken UTF-8 behave as they do in the builder, which is where tricks hide.
 */
final class GoText {

    private GoText() {}

    /** Bytes, one in each char. */
    static String of(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The text for people. */
    static String shown(String text) {
        return new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Go's text of an ordinary Java string. */
    static String from(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }
}
