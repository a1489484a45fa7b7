package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenPin;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import io.jenkins.plugins.countersign.engine.signing.token.TokenSigner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which key signs, for every command that signs. */
final class KeyOptions {

    @Option(
            names = "--key",
            required = true,
            paramLabel = "FILE|URI",
            description =
                    "The private key: a file (cosign's, PEM or PKCS#12), or pkcs11:token=…;object=…?module-path=… for a token.")
    private String key;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description =
                    "The key's password or token's PIN, in the file's first line; else COUNTERSIGN_PASSWORD, else a prompt.")
    private Path passwordFile;

    Signer open(CommandSpec spec) throws KeyException, IOException, Failure {
        return key.startsWith("pkcs11:") ? openToken(spec) : openFile();
    }

    private Signer openFile() throws KeyException, IOException, Failure {
        byte[] content = Files.readAllBytes(Path.of(key));
        try {
            return KeyPairReader.read(content, Passwords.given(passwordFile));
        } catch (KeyException e) {
            if (e.reason() == KeyException.Reason.PASSWORD_MISSING && System.console() != null) {
                return KeyPairReader.read(content, Passwords.prompt("Password of " + key + ": "));
            }
            throw new KeyException(e.reason(), "the key " + key + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** The person at this machine is its administrator: the library that they name themselves is allowed. */
    private Signer openToken(CommandSpec spec) throws KeyException, IOException, Failure {
        TokenRequest request = TokenRequest.parse(key);
        if (request.library() == null) {
            throw new Failure(
                    ExitCode.USAGE, "the URI names no library: add ?module-path=/path/of/the/pkcs11/library.so");
        }
        char[] pin = Passwords.given(passwordFile);
        if (pin == null) {
            pin = Passwords.prompt("PIN of the token: ");
        }
        try (TokenPin once = new TokenPin(pin, null)) {
            return TokenSigner.open(
                    new TokenHost(List.of(request.library())),
                    request,
                    once,
                    null,
                    notice -> spec.commandLine().getErr().println(notice.message()));
        }
    }
}
