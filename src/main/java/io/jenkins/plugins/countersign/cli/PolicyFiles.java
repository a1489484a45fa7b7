package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files and times as the commands about policies take them. */
final class PolicyFiles {

    private PolicyFiles() {}

    /** Public keys by name: {@code NAME=FILE}, or {@code FILE}, whose name without extension is the key's. */
    static Map<String, PublicKey> publicKeys(String option, List<String> given)
            throws IOException, KeyException, Failure {
        Map<String, PublicKey> keys = new LinkedHashMap<>();
        for (String one : given) {
            int equals = one.indexOf('=');
            Path file = Path.of(one.substring(equals + 1));
            String name = equals < 0
                    ? file.getFileName().toString().replaceFirst("\\.[A-Za-z]+$", "")
                    : one.substring(0, equals);
            try {
                if (keys.put(name, PublicKeys.read(Files.readString(file))) != null) {
                    throw new Failure(
                            ExitCode.USAGE, option + " gives the name \"" + name + "\" twice: write NAME=FILE");
                }
            } catch (KeyException e) {
                throw new KeyException(e.reason(), option + " " + file + ": " + e.getMessage(), e);
            }
        }
        return keys;
    }

    /** A time ({@code 2027-02-01T00:00:00Z}) or how long from now ({@code P90D}). */
    static Instant end(String text, Instant now) throws Failure {
        try {
            if (!text.startsWith("P")) {
                return Instant.parse(text);
            }
            return text.contains("T")
                    ? now.plus(Duration.parse(text))
                    : now.atOffset(ZoneOffset.UTC).plus(Period.parse(text)).toInstant();
        } catch (DateTimeException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "--expires is a time like 2027-02-01T00:00:00Z, or how long from now, like P90D: \"" + text + "\"");
        }
    }

    /** A file that is not there yet. */
    static void create(Path file, byte[] content) throws IOException, Failure {
        if (Files.exists(file)) {
            throw new Failure(ExitCode.USAGE, file + " is there already and is not overwritten");
        }
        Files.write(file, content, StandardOpenOption.CREATE_NEW);
    }

    /** All of it or nothing: other people's signatures are in the file that is replaced. */
    static void replace(Path file, byte[] content) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.write(fresh, content);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
