package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign key}: makes and shows keys. */
@Command(
        name = "key",
        description = "Makes and shows keys.",
        mixinStandardHelpOptions = true,
        subcommands = {KeyCommand.Generate.class, KeyCommand.Show.class})
final class KeyCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command: generate or show.");
    }

    @Command(
            name = "generate",
            description = "Makes an ECDSA P-256 key in cosign's format: NAME.key, encrypted, and NAME.pub.",
            mixinStandardHelpOptions = true)
    static final class Generate implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "NAME", description = "Path and name of the two files, without extension.")
        private Path name;

        @Option(
                names = "--password-file",
                paramLabel = "FILE",
                description = "The new key's password, in the file's first line.")
        private Path passwordFile;

        @Option(
                names = "--unencrypted",
                description = "Write the key in the clear. Needs --i-understand-anybody-can-sign, too.")
        private boolean unencrypted;

        @Option(names = "--i-understand-anybody-can-sign", hidden = true)
        private boolean asked;

        @Override
        public Integer call() throws Exception {
            if (unencrypted && !asked) {
                throw new Failure(
                        ExitCode.USAGE,
                        "whoever can read an unencrypted key can sign with it: if that is meant, repeat the command with"
                                + " --unencrypted --i-understand-anybody-can-sign");
            }
            Path keyFile = Path.of(name + ".key");
            Path publicFile = Path.of(name + ".pub");
            for (Path file : new Path[] {keyFile, publicFile}) {
                if (Files.exists(file)) {
                    throw new Failure(ExitCode.USAGE, file + " is there already; a key is never overwritten");
                }
            }
            SecureRandom random = new SecureRandom();
            SigningKey key = KeyGenerator.generate(random);
            String text = unencrypted ? key.unencryptedSecret() : key.encrypted(newPassword(), random);
            writeForOwnerOnly(keyFile, text);
            Files.writeString(publicFile, PublicKeys.pem(key.publicKey()), StandardOpenOption.CREATE_NEW);
            spec.commandLine().getErr().println("Wrote " + keyFile + " and " + publicFile);
            spec.commandLine().getOut().println(PublicKeys.fingerprint(key.publicKey()));
            return ExitCode.PASS.code();
        }

        private char[] newPassword() throws IOException, Failure {
            char[] given = Passwords.given(passwordFile);
            if (given == null) {
                given = Passwords.prompt("Password for the new key: ");
                if (!Arrays.equals(given, Passwords.prompt("The same again: "))) {
                    throw new Failure(ExitCode.USAGE, "the two passwords differ; nothing was written");
                }
            }
            if (given.length == 0) {
                throw new Failure(ExitCode.USAGE, "the password is empty; nothing was written");
            }
            return given;
        }

        private static void writeForOwnerOnly(Path file, String text) throws IOException {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, text);
            } else {
                Files.writeString(file, text, StandardOpenOption.CREATE_NEW);
            }
        }
    }

    @Command(
            name = "show",
            description = "Prints the public key of a private or public key, its fingerprint and its hint.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private OutputOption output;

        @Parameters(paramLabel = "FILE", description = "A private or public key.")
        private Path file;

        @Option(
                names = "--password-file",
                paramLabel = "FILE",
                description = "The key's password, in the file's first line.")
        private Path passwordFile;

        @Override
        public Integer call() throws Exception {
            PublicKey key = publicKey();
            if (output.json()) {
                ObjectNode json = output.document();
                json.put("kind", PublicKeys.describe(key));
                json.put("fingerprint", PublicKeys.fingerprint(key).toString());
                json.put("hint", PublicKeys.hint(key));
                json.put("publicKey", PublicKeys.pem(key));
                output.print(spec, json);
            } else {
                spec.commandLine()
                        .getOut()
                        .printf(
                                "%s%nkind         %s%nfingerprint  %s%nhint         %s%n",
                                PublicKeys.pem(key).strip(),
                                PublicKeys.describe(key),
                                PublicKeys.fingerprint(key),
                                PublicKeys.hint(key));
            }
            return ExitCode.PASS.code();
        }

        private PublicKey publicKey() throws IOException, KeyException {
            byte[] content = Files.readAllBytes(file);
            String text = new String(content, StandardCharsets.UTF_8);
            return text.contains("-----BEGIN PUBLIC KEY-----")
                    ? PublicKeys.read(text)
                    : KeyPairReader.read(content, Passwords.given(passwordFile)).publicKey();
        }
    }
}
