package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import picocli.CommandLine.Option;

/** The trust policy, for every command that decides. */
final class PolicyOption {

    @Option(names = "--policy", required = true, paramLabel = "FILE", description = "The trust policy.")
    private Path file;

    TrustPolicy read() throws IOException, PolicyException {
        return PolicyReader.read(Files.readAllBytes(file));
    }

    Catalogue catalogue() throws IOException, PolicyException, CatalogueException {
        return Catalogue.read(read().golden());
    }

    CheckContext checkContext(String target) {
        CheckContext offline = CheckContext.offline(Clock.systemUTC());
        return new CheckContext(
                offline.clock(), target, "", "", offline.organisations(), offline.signatures());
    }
}
