package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The root keys that somebody got on a way of their own, and trusts. */
final class PolicyRootOption {

    @Option(
            names = "--policy-root",
            paramLabel = "FILE",
            description = "The root keys (PEM, one after the other) that must have signed the policy.")
    private Path file;

    @Option(names = "--policy-root-threshold", description = "How many of them. Default: all.")
    private Integer threshold;

    boolean isGiven() {
        return file != null;
    }

    Root root() throws IOException, PolicyException {
        String pem = Files.readString(file);
        int all = pem.split("-----END PUBLIC KEY-----", -1).length - 1;
        return Root.ofPem(threshold == null ? Math.max(1, all) : threshold, pem);
    }
}
