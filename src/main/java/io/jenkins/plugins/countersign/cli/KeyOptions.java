package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which key signs, for every command that signs. */
final class KeyOptions {

    @Option(
            names = "--key",
            required = true,
            paramLabel = "FILE",
            description = "The private key: cosign's, PEM or PKCS#12.")
    private Path key;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "The key's password, in the file's first line; else COUNTERSIGN_PASSWORD, else a prompt.")
    private Path passwordFile;

    Signer open() throws KeyException, IOException, Failure {
        byte[] content = Files.readAllBytes(key);
        try {
            return KeyPairReader.read(content, Passwords.given(passwordFile));
        } catch (KeyException e) {
            if (e.reason() == KeyException.Reason.PASSWORD_MISSING && System.console() != null) {
                return KeyPairReader.read(content, Passwords.prompt("Password of " + key + ": "));
            }
            throw new KeyException(e.reason(), "the key " + key + " cannot be used: " + e.getMessage(), e);
        }
    }
}
