package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.Person;
import java.time.Clock;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** What every command shares that writes a person's statement about an image: image, key, policy, registry. */
final class StatementOptions {

    @Mixin
    private KeyOptions key;

    @Mixin
    private PolicyOption policy;

    @Mixin
    private RegistryOptions registry;

    @Mixin
    private OutputOption output;

    @Parameters(paramLabel = "IMAGE", description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
    private String image;

    /** Drafts, signs and attaches one statement. */
    @FunctionalInterface
    interface Statement {
        /** @return the digest of the manifest that holds it */
        Digest write(ImageStatements statements, Person person, Signer signer) throws Exception;
    }

    int write(CommandSpec spec, String kind, Statement statement) throws Exception {
        ImageLocation location = ImageLocation.parse(image);
        try (Signer signer = key.open(spec);
                Repository repository = registry.open(location)) {
            Digest digest = location.resolveUnmoved(repository);
            ImageStatements statements = ImageStatements.about(
                    repository, digest, location.tag().orElse(""), policy.read(registry), Clock.systemUTC());
            Person person = statements.ownerOf(signer.publicKey());
            Digest manifest = statement.write(statements, person, signer);
            if (output.json()) {
                output.print(
                        spec,
                        output.document()
                                .put("kind", kind)
                                .put("image", location.withDigest(digest).toString())
                                .put("person", person.name())
                                .put("statement", manifest.toString())
                                .put(
                                        "key",
                                        PublicKeys.fingerprint(signer.publicKey())
                                                .toString()));
            } else {
                spec.commandLine().getOut().println(manifest);
                spec.commandLine()
                        .getErr()
                        .println(
                                "Wrote the " + kind + " of " + person.name() + " about " + location.withDigest(digest));
            }
            return ExitCode.PASS.code();
        }
    }
}
