package io.jenkins.plugins.countersign.signing;

import static org.junit.Assert.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Secrets that must be found nowhere. */
final class Canaries {

    private final List<String> secrets = new ArrayList<>();

    /** Watches for a secret as it is, in base64 and in the line of an encoded key. */
    Canaries watch(String secret) {
        secrets.add(secret);
        secrets.add(Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /** Watches for the second line of a PEM body: no other text has it. */
    Canaries watchKey(String pem) {
        secrets.add(pem.split("\\R")[2]);
        return this;
    }

    void assertNotIn(String where, String text) {
        for (String secret : secrets) {
            if (text.contains(secret)) {
                throw new AssertionError(where + " holds a secret in the clear");
            }
        }
    }

    void assertNotInFilesOf(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = folder.relativize(file).toString();
                if (attributes.isRegularFile() && !name.startsWith("plugins") && !name.startsWith("war")) {
                    try {
                        String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                        if (secrets.stream().anyMatch(content::contains)) {
                            found.add(file);
                        }
                    } catch (NoSuchFileException e) {
                        return visitFileFailed(file, e);
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    // Jenkins replaces files while we look.
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        assertEquals(List.of(), found);
    }
}
