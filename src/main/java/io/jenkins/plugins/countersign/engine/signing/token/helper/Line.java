package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * One message between the two processes: a line {@code nonce SP verb (SP base64url)*}, where {@code -} is an absent argument
 * and {@code =} an empty one. The nonce is the caller's: a library that prints to standard output cannot forge an answer.
 *
 * @param verb what is asked or answered
 * @param arguments null where absent
 */
public record Line(String verb, List<byte[]> arguments) {

    private static final int MAX_LENGTH = 4 * 1024 * 1024;
    private static final int MAX_NOISE_LINES = 100_000;

    public Line {
        arguments = java.util.Collections.unmodifiableList(new ArrayList<>(arguments));
    }

    public static Line of(String verb, Object... arguments) {
        List<byte[]> bytes = new ArrayList<>();
        for (Object argument : arguments) {
            bytes.add(
                    argument == null
                            ? null
                            : argument instanceof byte[] raw
                                    ? raw
                                    : argument.toString().getBytes(StandardCharsets.UTF_8));
        }
        return new Line(verb, bytes);
    }

    public byte[] bytes(int index) {
        if (index >= arguments.size()) {
            throw new IllegalArgumentException(verb + " has " + arguments.size() + " arguments");
        }
        return arguments.get(index);
    }

    public String text(int index) {
        byte[] bytes = bytes(index);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    /** The line with its end; wipe it when it carried a PIN. */
    public byte[] encode(String nonce) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(nonce.getBytes(StandardCharsets.US_ASCII));
        out.write(' ');
        out.writeBytes(verb.getBytes(StandardCharsets.US_ASCII));
        for (byte[] argument : arguments) {
            out.write(' ');
            if (argument == null) {
                out.write('-');
            } else if (argument.length == 0) {
                out.write('=');
            } else {
                byte[] encoded = Base64.getUrlEncoder().withoutPadding().encode(argument);
                out.writeBytes(encoded);
                Arrays.fill(encoded, (byte) 0);
            }
        }
        out.write('\n');
        return out.toByteArray();
    }

    /**
     * The next line that begins with the nonce; others are a library's chatter.
     *
     * @return null at the end of the stream
     */
    public static Line read(InputStream in, String nonce) throws IOException {
        byte[] prefix = (nonce + " ").getBytes(StandardCharsets.US_ASCII);
        for (int noise = 0; noise < MAX_NOISE_LINES; noise++) {
            byte[] line = readRaw(in);
            if (line == null) {
                return null;
            }
            try {
                if (line.length > prefix.length && Arrays.equals(prefix, 0, prefix.length, line, 0, prefix.length)) {
                    return decode(line, prefix.length);
                }
            } finally {
                Arrays.fill(line, (byte) 0);
            }
        }
        throw new IOException("too much that is not an answer");
    }

    /** The nonce that begins the first line; what is left of the line is given back with it. */
    static byte[] readRaw(InputStream in) throws IOException {
        byte[] buffer = new byte[256];
        int length = 0;
        while (true) {
            int b = in.read();
            if (b < 0) {
                if (length == 0) {
                    return null;
                }
                throw new EOFException("a line broke off");
            }
            if (b == '\n') {
                byte[] line = Arrays.copyOf(buffer, length);
                Arrays.fill(buffer, (byte) 0);
                return line;
            }
            if (length == MAX_LENGTH) {
                throw new IOException("a line is longer than " + MAX_LENGTH + " bytes");
            }
            if (length == buffer.length) {
                byte[] larger = Arrays.copyOf(buffer, length * 2);
                Arrays.fill(buffer, (byte) 0);
                buffer = larger;
            }
            buffer[length++] = (byte) b;
        }
    }

    static Line decode(byte[] line, int from) throws IOException {
        List<byte[]> parts = new ArrayList<>();
        int start = from;
        for (int i = from; i <= line.length; i++) {
            if (i == line.length || line[i] == ' ') {
                parts.add(Arrays.copyOfRange(line, start, i));
                start = i + 1;
            }
        }
        String verb = new String(parts.get(0), StandardCharsets.US_ASCII);
        List<byte[]> arguments = new ArrayList<>();
        for (byte[] part : parts.subList(1, parts.size())) {
            if (part.length == 1 && part[0] == '-') {
                arguments.add(null);
            } else if (part.length == 1 && part[0] == '=') {
                arguments.add(new byte[0]);
            } else {
                try {
                    arguments.add(Base64.getUrlDecoder().decode(part));
                } catch (IllegalArgumentException e) {
                    throw new IOException("an argument of " + verb + " is not base64");
                }
            }
        }
        return new Line(verb, arguments);
    }
}
