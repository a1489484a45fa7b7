package io.jenkins.plugins.countersign.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where passwords come from: a file, the environment, a prompt; never the command line, which everybody can list. */
final class Passwords {

    static final String VARIABLE = "COUNTERSIGN_PASSWORD";

    private Passwords() {}

    /** From the file if one is named, else from the environment; null when there is neither. */
    static char[] given(Path file) throws IOException {
        if (file != null) {
            return firstLine(file).toCharArray();
        }
        String variable = System.getenv(VARIABLE);
        return variable == null ? null : variable.toCharArray();
    }

    static char[] prompt(String text) throws Failure {
        Console console = System.console();
        if (console == null) {
            throw new Failure(
                    ExitCode.USAGE,
                    "a password is needed and there is no terminal to ask: give --password-file or " + VARIABLE);
        }
        char[] password = console.readPassword("%s", text);
        if (password == null) {
            throw new Failure(ExitCode.USAGE, "no password was entered");
        }
        return password;
    }

    private static String firstLine(Path file) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            String line = reader.readLine();
            return line == null ? "" : line;
        }
    }
}
