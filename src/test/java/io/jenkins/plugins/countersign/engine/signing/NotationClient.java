package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Notary Project's own client, with a trust store of its own. */
public final class NotationClient {

    private final Path root;
    private int authorities;

    /** @param root an empty folder for what it keeps */
    public NotationClient(Path root) {
        RealPart.require("notation");
        this.root = root;
    }

    /** Believes from now on this authority, for this subject alone. */
    public void trust(TestCertificates authority, String subject) throws Exception {
        Path certificate = root.resolve("authority" + authorities++ + ".crt");
        Files.writeString(certificate, TestCertificates.pem(authority.certificate()));
        run("certificate", "add", "--type", "ca", "--store", "example" + authorities, certificate.toString())
                .succeeded();
        Path policy = root.resolve("policy.json");
        Files.writeString(
                policy,
                "{\"version\":\"1.0\",\"trustPolicies\":[{\"name\":\"test\",\"registryScopes\":[\"*\"],"
                        + "\"signatureVerification\":{\"level\":\"strict\",\"override\":{\"revocation\":\"skip\"}},"
                        + "\"trustStores\":[\"ca:example" + authorities + "\"],"
                        + "\"trustedIdentities\":[\"x509.subject: " + subject + "\"]}]}");
        run("policy", "import", "--force", policy.toString()).succeeded();
    }

    /** Whether it lets the image in; the registry speaks plain HTTP. */
    public Run verify(String image) throws Exception {
        return run("verify", "--insecure-registry", image);
    }

    public Run run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("notation"));
        command.addAll(List.of(arguments));
        return Run.of(
                Map.of(
                        "XDG_CONFIG_HOME",
                        root.resolve("config").toString(),
                        "XDG_CACHE_HOME",
                        root.resolve("cache").toString(),
                        "HOME",
                        root.toString()),
                root,
                command);
    }
}
