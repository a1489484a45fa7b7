package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.Assume;
import org.junit.rules.ExternalResource;

/** SoftHSM2 with tokens of its own, filled with OpenSC's {@code pkcs11-tool} as people fill their real ones. */
public final class SoftHsm extends ExternalResource {

    public static final String PIN = "canary-pin-271828";
    private static final List<String> PLACES = List.of(
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so");

    private Path folder;
    private String library;

    @Override
    public void before() throws Throwable {
        RealPart.require("softhsm2-util");
        RealPart.require("pkcs11-tool");
        library = PLACES.stream()
                .filter(place -> Files.exists(Path.of(place)))
                .findFirst()
                .orElse(null);
        Assume.assumeNotNull(library);
        folder = Files.createTempDirectory("softhsm");
        Files.createDirectories(folder.resolve("tokens"));
        Files.writeString(
                folder.resolve("softhsm2.conf"),
                "directories.tokendir = " + folder.resolve("tokens")
                        + "\nobjectstore.backend = file\nlog.level = ERROR\n");
    }

    public String library() {
        return library;
    }

    public Path folder() {
        return folder;
    }

    /** What the helper needs in its environment. */
    public Map<String, String> environment() {
        return Map.of(
                "SOFTHSM2_CONF",
                folder.resolve("softhsm2.conf").toString(),
                "SLOW_LIBRARY",
                library,
                "SLOW_TOUCH",
                touch().toString(),
                "SLOW_FLAGS",
                folder.resolve("flags").toString());
    }

    /** The same tokens behind a library ({@code src/test/token/slow.c}) whose signatures wait until {@link #touch()} exists. */
    public String slowLibrary() throws Exception {
        Path source = Stream.of(Path.of("src/test/token/slow.c"), Path.of("../src/test/token/slow.c"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
        Path built = folder.resolve("slow.so");
        Run.of(
                        RealPart.require("cc").toString(),
                        "-shared",
                        "-fPIC",
                        "-o",
                        built.toString(),
                        source.toAbsolutePath().toString(),
                        "-ldl")
                .succeeded();
        return built.toString();
    }

    /** The finger: as long as this file is not there, the slow library's token waits. */
    public Path touch() {
        return folder.resolve("touch");
    }

    /** Waits until the slow library waits for the finger. */
    public void awaitWaiting() throws Exception {
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (!Files.exists(folder.resolve("touch.waiting"))) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no signature was asked for within two minutes");
            }
            Thread.sleep(50);
        }
    }

    /** Makes the slow library's token show these flags, too, as {@code CK_TOKEN_INFO} has them. */
    public void showFlags(long flags) throws IOException {
        Files.writeString(folder.resolve("flags"), Long.toHexString(flags));
    }

    public TokenHost host() {
        return new TokenHost(
                List.of(library),
                environment(),
                folder.resolve("locks").toString(),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30));
    }

    public void makeToken(String label) throws Exception {
        run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "so-pin-1234");
    }

    /** @param id in hexadecimal */
    public void makeKey(String token, String type, String id, String label, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "pkcs11-tool",
                "--module",
                library,
                "--token-label",
                token,
                "--login",
                "--pin",
                PIN,
                "--keypairgen",
                "--key-type",
                type,
                "--id",
                id,
                "--label",
                label));
        command.addAll(List.of(more));
        run(command.toArray(String[]::new));
    }

    /** Removes an object, for instance the public half that some tokens do not have. */
    public void delete(String token, String objectType, String id) throws Exception {
        run(
                "pkcs11-tool",
                "--module",
                library,
                "--token-label",
                token,
                "--login",
                "--pin",
                PIN,
                "--delete-object",
                "--type",
                objectType,
                "--id",
                id);
    }

    public void store(String token, String objectType, Path der, String id, String label) throws Exception {
        run(
                "pkcs11-tool",
                "--module",
                library,
                "--token-label",
                token,
                "--login",
                "--pin",
                PIN,
                "--write-object",
                der.toString(),
                "--type",
                objectType,
                "--id",
                id,
                "--label",
                label);
    }

    /** The public key in DER. */
    public byte[] publicKey(String token, String id) throws Exception {
        Path out = Files.createTempFile(folder, "key", ".der");
        run(
                "pkcs11-tool",
                "--module",
                library,
                "--token-label",
                token,
                "--read-object",
                "--type",
                "pubkey",
                "--id",
                id,
                "--output-file",
                out.toString());
        return Files.readAllBytes(out);
    }

    /** As if somebody pulled the token out: its files are gone. */
    public void pullOut() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("tokens"))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder.resolve("tokens"))) {
                    Files.delete(file);
                }
            }
        }
    }

    public Run run(String... command) throws Exception {
        Run run = Run.of(environment(), folder, List.of(command));
        run.succeeded();
        return run;
    }

    @Override
    public void after() {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException leftovers) {
            throw new java.io.UncheckedIOException(leftovers);
        }
    }
}
