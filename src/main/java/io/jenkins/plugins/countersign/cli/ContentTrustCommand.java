package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrust;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustReader;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustWriter;
import io.jenkins.plugins.countersign.engine.contenttrust.OfferedRoot;
import io.jenkins.plugins.countersign.engine.contenttrust.PinnedRoot;
import io.jenkins.plugins.countersign.engine.contenttrust.SeenMetadata;
import io.jenkins.plugins.countersign.engine.contenttrust.SeenMetadataFile;
import io.jenkins.plugins.countersign.engine.contenttrust.SignedTag;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign content-trust}: images that were signed with Docker Content Trust (Notary v1). */
@Command(
        name = "content-trust",
        description = "Reads and signs with Docker Content Trust (Notary v1), for those who run a Notary server.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ContentTrustCommand.Show.class,
            ContentTrustCommand.Verify.class,
            ContentTrustCommand.Sign.class,
            ContentTrustCommand.Roots.class
        })
final class ContentTrustCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command: show, verify, sign or roots");
    }

    /** The Notary server, reached as a registry is. */
    static final class ServerOptions {

        @Option(names = "--server", required = true, paramLabel = "HOST[:PORT]", description = "The Notary server.")
        private String server;

        @Mixin
        private RegistryOptions registry;

        TrustMetadata metadata(ImageReference image) throws IOException, Failure {
            String host = server.replaceFirst("^https://", "").replaceFirst("/$", "");
            if (host.contains("/")) {
                throw new Failure(ExitCode.USAGE, "--server is HOST[:PORT], not " + server);
            }
            return new TrustMetadata(registry.access(host), image.name());
        }
    }

    /** With what one begins to believe. */
    static final class RootOptions {

        @Option(
                names = "--root-key",
                required = true,
                paramLabel = "FILE",
                description = "The publisher's root key (PUBLIC KEY or CERTIFICATE, PEM), or the authority of its"
                        + " certificates. Nothing is trusted on first use; \"roots\" shows what the server offers.")
        private List<Path> files = new ArrayList<>();

        PinnedRoot pinned() throws IOException, KeyException {
            List<String> pem = new ArrayList<>();
            for (Path file : files) {
                pem.add(Files.readString(file));
            }
            return PinnedRoot.of(pem.toArray(String[]::new));
        }

        ContentTrust read(TrustMetadata metadata) throws IOException, KeyException, ContentTrustException {
            return new ContentTrustReader(metadata, pinned(), seen(), Clock.systemUTC()).read();
        }

        SeenMetadata seen() throws IOException {
            return new SeenMetadataFile(StateFolder.file("content-trust.json"));
        }
    }

    private static ImageReference reference(String text) throws Failure {
        try {
            return ImageReference.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "Docker Content Trust is about images in registries: " + e.getMessage());
        }
    }

    /** {@code countersign content-trust show}. */
    @Command(
            name = "show",
            description = "Lists the signed tags with their digests, and who signed each.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "REPOSITORY", description = "registry/repository")
        private String repository;

        @Mixin
        private ServerOptions server;

        @Mixin
        private RootOptions root;

        @Mixin
        private OutputOption output;

        @Override
        public Integer call() throws Exception {
            ContentTrust trust = root.read(server.metadata(reference(repository)));
            if (output.json()) {
                ObjectNode answer = output.document()
                        .put("repository", trust.gun())
                        .put("expires", trust.expires().toString());
                ArrayNode tags = answer.putArray("tags");
                for (SignedTag tag : trust.tags()) {
                    ObjectNode entry = tags.addObject()
                            .put("tag", tag.tag())
                            .put("digest", tag.digest().toString())
                            .put("size", tag.size())
                            .put("role", tag.role())
                            .put("released", tag.isReleased());
                    ArrayNode keys = entry.putArray("keys");
                    tag.keys().forEach(keys::add);
                }
                output.print(spec, answer);
                return ExitCode.PASS.code();
            }
            PrintWriter out = spec.commandLine().getOut();
            for (SignedTag tag : trust.tags()) {
                out.println(tag.tag() + "\t" + tag.digest() + "\t" + tag.role()
                        + (tag.isReleased() ? "" : "\tnot released") + "\t" + String.join(" ", tag.keys()));
            }
            spec.commandLine()
                    .getErr()
                    .println(trust.tags().size() + " signatures of tags of " + trust.gun()
                            + ", to be signed again before " + trust.expires());
            return ExitCode.PASS.code();
        }
    }

    /** {@code countersign content-trust verify}. */
    @Command(
            name = "verify",
            description = "Requires that the tag is signed and that the registry has just that image there. Prints"
                    + " repository:tag@digest.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(
                paramLabel = "IMAGE",
                description = "registry/repository:tag, with a digest if that must be the one.")
        private String image;

        @Mixin
        private ServerOptions server;

        @Mixin
        private RootOptions root;

        @Mixin
        private OutputOption output;

        @Override
        public Integer call() throws Exception {
            ImageReference reference = reference(image);
            String tag = tag(reference);
            ContentTrust trust = root.read(server.metadata(reference));
            trust.released(tag); // what nobody signed is not looked for in the registry
            SignedTag signed = trust.released(
                    tag, inRegistry(reference, tag, server.registry).digest());
            String name = reference.name() + ":" + tag + "@" + signed.digest();
            if (output.json()) {
                output.print(spec, output.document().put("image", name).put("role", signed.role()));
            } else {
                spec.commandLine().getOut().println(name);
            }
            return ExitCode.PASS.code();
        }
    }

    /** {@code countersign content-trust sign}. */
    @Command(
            name = "sign",
            description =
                    "Signs the tag for the image that the registry has there, in every delegation that lists the key, or"
                            + " with the repository's own key. Prints repository:tag@digest.",
            mixinStandardHelpOptions = true)
    static final class Sign implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(
                paramLabel = "IMAGE",
                description = "registry/repository:tag, with a digest if the tag does not have it yet.")
        private String image;

        @Mixin
        private ServerOptions server;

        @Mixin
        private RootOptions root;

        @Mixin
        private KeyOptions key;

        @Override
        public Integer call() throws Exception {
            ImageReference reference = reference(image);
            String tag = tag(reference);
            TrustMetadata metadata = server.metadata(reference);
            Manifest manifest = inRegistry(reference, tag, server.registry);
            try (Signer signer = key.open(spec)) {
                List<SignedTag> signed = new ContentTrustWriter(metadata, root.pinned(), root.seen(), Clock.systemUTC())
                        .sign(tag, manifest, signer);
                signed.forEach(one -> spec.commandLine()
                        .getErr()
                        .println("Signed in " + one.role()
                                + (one.isReleased() ? "" : ", which alone releases nothing")));
            }
            spec.commandLine().getOut().println(reference.name() + ":" + tag + "@" + manifest.digest());
            return ExitCode.PASS.code();
        }
    }

    private static String tag(ImageReference reference) throws Failure {
        return reference
                .tag()
                .orElseThrow(() -> new Failure(
                        ExitCode.USAGE, "Docker Content Trust signs tags, and " + reference + " names none"));
    }

    /** By the digest if there is one, else by the tag. */
    private static Manifest inRegistry(ImageReference reference, String tag, RegistryOptions registry)
            throws IOException, Failure {
        try (Repository repository = Repositories.open(reference.name(), registry.access(reference.registry()))) {
            Optional<Digest> digest = reference.digest();
            if (digest.isEmpty()) {
                digest = repository.resolve(tag).map(Descriptor::digest);
            }
            Optional<Manifest> manifest = digest.isPresent() ? repository.manifest(digest.get()) : Optional.empty();
            return manifest.orElseThrow(() -> new Failure(ExitCode.REGISTRY, "the registry has no " + reference));
        }
    }

    /** {@code countersign content-trust roots}. */
    @Command(
            name = "roots",
            description =
                    "Shows the root keys that the server offers, unverified: to compare with what the publisher says.",
            mixinStandardHelpOptions = true)
    static final class Roots implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "REPOSITORY", description = "registry/repository")
        private String repository;

        @Mixin
        private ServerOptions server;

        @Override
        public Integer call() throws Exception {
            for (OfferedRoot root : ContentTrustReader.offeredRoots(server.metadata(reference(repository)))) {
                spec.commandLine().getErr().println(root.fingerprint() + " for \"" + root.repository() + "\"");
                spec.commandLine().getOut().print(root.pem());
            }
            spec.commandLine()
                    .getErr()
                    .println(
                            "Nothing of this is proven. Compare the fingerprints with the publisher before a key is given"
                                    + " to --root-key.");
            return ExitCode.PASS.code();
        }
    }
}
