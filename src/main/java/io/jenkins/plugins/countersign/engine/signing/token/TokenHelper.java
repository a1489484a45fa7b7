package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.token.helper.HelperMain;
import io.jenkins.plugins.countersign.engine.signing.token.helper.Line;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The helper process, seen from this side: its classes are written to a folder of their own, because on an agent they come over
 * the network and lie in no file, and {@code java} of this very installation runs them.
 */
final class TokenHelper implements AutoCloseable {

    /** Every class of the helper package; a test compares. */
    static final List<String> CLASSES = List.of(
            "Cryptoki",
            "Cryptoki$Token",
            "CryptokiException",
            "HelperException",
            "HelperMain",
            "LateHint",
            "Line",
            "SunCryptoki",
            "TokenFolder",
            "TokenKeys",
            "TokenKeys$Half",
            "TokenKeys$Key",
            "TokenSession",
            "TokenSession$NotTouched",
            "TokenSession$Wanted");

    private static final Duration START_WAIT = Duration.ofSeconds(60);
    private static final int MAX_START_OUTPUT = 4096;
    /** Anything that would make the helper's JVM load code, open a port or print; and where the command line may have the PIN. */
    private static final List<String> NOT_INHERITED = List.of(
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "CLASSPATH",
            "JDK_JAVAC_OPTIONS",
            "COUNTERSIGN_PASSWORD");

    private final Path folder;
    private final Process process;
    private final String nonce;
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final StringBuilder startOutput = new StringBuilder();
    private final Consumer<TokenNotice> notices;

    private record Answer(Line line, IOException failure) {}

    private TokenHelper(Path folder, Process process, String nonce, Consumer<TokenNotice> notices) {
        this.folder = folder;
        this.process = process;
        this.nonce = nonce;
        this.notices = notices;
    }

    static TokenHelper start(Map<String, String> environment, Consumer<TokenNotice> notices) throws KeyException {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("countersign-token");
            writeClasses(folder);
            byte[] random = new byte[16];
            new SecureRandom().nextBytes(random);
            String nonce = HexFormat.of().formatHex(random);
            ProcessBuilder builder = new ProcessBuilder(command(folder, nonce)).directory(folder.toFile());
            builder.environment().keySet().removeAll(NOT_INHERITED);
            builder.environment().putAll(environment);
            TokenHelper helper = new TokenHelper(folder, builder.start(), nonce, notices);
            helper.readInBackground();
            helper.awaitHello();
            return helper;
        } catch (IOException e) {
            delete(folder);
            throw new KeyException(Reason.FAILED, "the token helper process cannot be started: " + e.getMessage(), e);
        }
    }

    private static List<String> command(Path folder, String nonce) {
        boolean windows = java.io.File.separatorChar == '\\';
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", windows ? "java.exe" : "java")
                        .toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                // A memory image of this process would hold the PIN.
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+DisableAttachMechanism",
                "-XX:-UsePerfData",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "--add-modules",
                "jdk.crypto.cryptoki",
                "--add-exports",
                "jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED",
                "-cp",
                folder.toString(),
                HelperMain.class.getName(),
                nonce));
    }

    private static void writeClasses(Path folder) throws IOException {
        String packagePath = HelperMain.class.getPackageName().replace('.', '/');
        Path target = Files.createDirectories(folder.resolve(packagePath));
        for (String name : CLASSES) {
            try (InputStream in = HelperMain.class.getResourceAsStream(name + ".class")) {
                if (in == null) {
                    throw new IOException("the class " + name + " of the token helper is missing");
                }
                Files.copy(in, target.resolve(name + ".class"));
            }
        }
    }

    private void readInBackground() {
        daemon("token helper answers", () -> {
            try {
                for (Line line = Line.read(process.getInputStream(), nonce);
                        line != null;
                        line = Line.read(process.getInputStream(), nonce)) {
                    answers.add(new Answer(line, null));
                }
                answers.add(new Answer(null, null));
            } catch (IOException e) {
                answers.add(new Answer(null, e));
            }
        });
        daemon("token helper errors", () -> {
            // Read to its end so that the helper never blocks; kept only until the helper speaks,
            // because a library that is told to debug prints what it gets, the PIN too.
            byte[] buffer = new byte[512];
            try (InputStream errors = process.getErrorStream()) {
                for (int n = errors.read(buffer); n >= 0; n = errors.read(buffer)) {
                    synchronized (startOutput) {
                        if (startOutput.length() < MAX_START_OUTPUT) {
                            startOutput.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                        }
                    }
                }
            } catch (IOException processEnded) {
                return;
            }
        });
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void awaitHello() throws KeyException {
        Line hello;
        try {
            hello = answer(START_WAIT);
        } catch (KeyException e) {
            String output;
            synchronized (startOutput) {
                output = startOutput.toString().strip();
            }
            close();
            throw output.contains("jdk.crypto.cryptoki")
                    ? new KeyException(
                            Reason.LIBRARY_BROKEN,
                            "the Java installation on this machine has no PKCS#11 support (module jdk.crypto.cryptoki is missing)")
                    : new KeyException(Reason.FAILED, "the token helper process did not start: " + output, e);
        }
        if (!hello.verb().equals(HelperMain.HELLO)) {
            close();
            throw new KeyException(Reason.FAILED, "the token helper process speaks another version");
        }
    }

    void send(Line line) throws KeyException {
        byte[] encoded = line.encode(nonce);
        try {
            OutputStream out = process.getOutputStream();
            out.write(encoded);
            out.flush();
        } catch (IOException e) {
            throw new KeyException(Reason.FAILED, "the token helper process ended", e);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    /**
     * The next answer; notices are passed on meanwhile.
     *
     * @throws KeyException what the helper failed with, or that it gave no answer
     */
    Line answer(Duration wait) throws KeyException {
        long deadline = System.nanoTime() + wait.toNanos();
        boolean touchAsked = false;
        while (true) {
            Answer answer;
            try {
                answer = answers.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new KeyException(Reason.FAILED, "interrupted while the token was working", e);
            }
            if (answer == null) {
                throw touchAsked
                        ? new KeyException(
                                Reason.TOUCH_TIMEOUT,
                                "the token did not answer within " + wait.toSeconds()
                                        + " s: nobody touched it, or it was taken out")
                        : new KeyException(
                                Reason.FAILED, "the token helper gave no answer within " + wait.toSeconds() + " s");
            }
            Line line = answer.line();
            if (line == null) {
                throw new KeyException(
                        Reason.FAILED,
                        "the token helper process ended without an answer: the PKCS#11 library may have crashed",
                        answer.failure());
            }
            switch (line.verb()) {
                case "notice" -> {
                    TokenNotice notice = TokenNotice.valueOf(line.text(0));
                    touchAsked |= notice == TokenNotice.TOUCH_NOW || notice == TokenNotice.TOUCH_AGAIN;
                    notices.accept(notice);
                }
                case "failed" -> throw new KeyException(Reason.valueOf(line.text(0)), line.text(1));
                default -> {
                    return line;
                }
            }
        }
    }

    /** The process, so that tests can look at what can be seen of it from outside. */
    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException leftInTemporaryFolder) {
            folder.toFile().deleteOnExit();
        }
    }
}
