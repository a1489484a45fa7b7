package io.jenkins.plugins.countersign.engine.request;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.cli.Main;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The four programs that docs/offline-approvals.md names, each signing a request with the same person's key. */
public enum OfflineSigners {
    COUNTERSIGN {
        @Override
        void sign(Path folder) {
            StringWriter err = new StringWriter();
            assertEquals(
                    err.toString(),
                    0,
                    Main.execute(
                            new PrintWriter(new StringWriter()),
                            new PrintWriter(err),
                            "request",
                            "sign",
                            folder.resolve("request.json").toString(),
                            "--key",
                            folder.resolve("key.pem").toString(),
                            "--out",
                            folder.resolve("signature").toString()));
        }
    },
    COSIGN {
        @Override
        void sign(Path folder) throws Exception {
            RealPart.require("cosign3");
            Map<String, String> environment =
                    Map.of("COSIGN_PASSWORD", "password", "COSIGN_YES", "true", "HOME", folder.toString());
            Run.of(
                            environment,
                            folder,
                            List.of("cosign3", "import-key-pair", "--key", "key.pem", "--output-key-prefix", "cosign"))
                    .succeeded();
            Run.of(
                            environment,
                            folder,
                            List.of(
                                    "cosign3",
                                    "sign-blob",
                                    "--key",
                                    "cosign.key",
                                    "--use-signing-config=false",
                                    "--tlog-upload=false",
                                    "--bundle",
                                    "signature",
                                    "bytes"))
                    .succeeded();
        }
    },
    OPENSSL {
        @Override
        void sign(Path folder) throws Exception {
            RealPart.require("openssl");
            Run.of(
                            Map.of(),
                            folder,
                            List.of("openssl", "dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "bytes"))
                    .succeeded();
        }
    },
    PKCS11_TOOL {
        @Override
        void sign(Path folder) throws Exception {
            RealPart.require("pkcs11-tool");
            RealPart.require("softhsm2-util");
            Files.createDirectory(folder.resolve("tokens"));
            Files.writeString(
                    folder.resolve("softhsm2.conf"),
                    "directories.tokendir = " + folder + "/tokens\nobjectstore.backend = file\n");
            Map<String, String> environment =
                    Map.of("SOFTHSM2_CONF", folder.resolve("softhsm2.conf").toString(), "PIN", "648219");
            Run.of(
                            environment,
                            folder,
                            List.of(
                                    "softhsm2-util",
                                    "--init-token",
                                    "--free",
                                    "--label",
                                    "person",
                                    "--so-pin",
                                    "12345678",
                                    "--pin",
                                    "648219"))
                    .succeeded();
            Run.of(
                            environment,
                            folder,
                            List.of(
                                    "softhsm2-util",
                                    "--import",
                                    "key.pem",
                                    "--token",
                                    "person",
                                    "--label",
                                    "k",
                                    "--id",
                                    "01",
                                    "--pin",
                                    "648219"))
                    .succeeded();
            Run.of(Map.of(), folder, List.of("openssl", "dgst", "-sha256", "-binary", "-out", "digest", "bytes"))
                    .succeeded();
            Run.of(
                            environment,
                            folder,
                            List.of(
                                    "pkcs11-tool",
                                    "--module",
                                    library(),
                                    "--token-label",
                                    "person",
                                    "--login",
                                    "--pin",
                                    "env:PIN",
                                    "--sign",
                                    "--mechanism",
                                    "ECDSA",
                                    "--signature-format",
                                    "openssl",
                                    "--id",
                                    "01",
                                    "-i",
                                    "digest",
                                    "-o",
                                    "signature"))
                    .succeeded();
        }
    };

    abstract void sign(Path folder) throws Exception;

    /**
     * The signature as the program wrote it.
     *
     * @param folder empty
     */
    public byte[] sign(byte[] request, SigningKey key, Path folder) throws Exception {
        Files.write(folder.resolve("request.json"), request);
        Files.write(folder.resolve("bytes"), Request.read(request).bytesToSign());
        Files.writeString(folder.resolve("key.pem"), key.unencryptedSecret());
        sign(folder);
        return Files.readAllBytes(folder.resolve("signature"));
    }

    static String library() {
        return List.of(
                        "/usr/lib/softhsm/libsofthsm2.so",
                        "/usr/lib64/softhsm/libsofthsm2.so",
                        "/usr/lib64/pkcs11/libsofthsm2.so",
                        "/usr/local/lib/softhsm/libsofthsm2.so")
                .stream()
                .filter(file -> Files.exists(Path.of(file)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("softhsm2-util is there and its library is not"));
    }
}
