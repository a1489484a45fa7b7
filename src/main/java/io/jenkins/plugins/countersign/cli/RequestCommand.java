package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.request.Request;
import io.jenkins.plugins.countersign.engine.request.RequestException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign request}: an approval or a rejection that is signed elsewhere. */
@Command(
        name = "request",
        description = "Asks for a signature by file: made offline with countersign, cosign, openssl or pkcs11-tool.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RequestCommand.Create.class,
            RequestCommand.Show.class,
            RequestCommand.Sign.class,
            RequestCommand.Attach.class
        })
final class RequestCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command: create, show, sign or attach");
    }

    private static void print(CommandSpec spec, Request request) throws RequestException {
        request.summary().forEach(spec.commandLine().getOut()::println);
    }

    /** {@code countersign request create}. */
    @Command(
            name = "create",
            description = "Writes the statement, the bytes to sign and a summary to a file.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private PolicyOption policy;

        @Mixin
        private RegistryOptions registry;

        @Parameters(
                paramLabel = "IMAGE",
                description = "registry/repository[:tag][@digest] or oci:folder[:tag][@digest].")
        private String image;

        @Option(names = "--person", required = true, description = "Who is to sign, as the trust policy names them.")
        private String person;

        @Option(names = "--stage", required = true, description = "For which stage.")
        private String stage;

        @Option(names = "--role", required = true, description = "In which role.")
        private String role;

        @Option(names = "--comment", defaultValue = "", description = "Is signed with the approval.")
        private String comment;

        @Option(
                names = "--reject",
                paramLabel = "REASON",
                description = "Ask for a rejection with this reason, not an approval.")
        private String reason;

        @Option(
                names = "--evidence",
                paramLabel = "DIGEST",
                description = "A digest of the evidence that is to be looked at.")
        private List<String> evidence = new ArrayList<>();

        @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the request goes.")
        private Path out;

        @Option(
                names = "--bytes",
                paramLabel = "FILE",
                description = "Where the bytes to sign go, for tools that know no requests.")
        private Path bytes;

        @Override
        public Integer call() throws Exception {
            ImageLocation location = ImageLocation.parse(image);
            TrustPolicy trust = policy.read(registry);
            Person signer = trust.person(person)
                    .orElseThrow(() -> new Failure(
                            ExitCode.USAGE, "the trust policy " + trust.name() + " has no person \"" + person + "\""));
            try (Repository repository = registry.open(location)) {
                Digest digest = location.resolveUnmoved(repository);
                ImageStatements statements =
                        ImageStatements.about(repository, digest, location.tag().orElse(""), trust, Clock.systemUTC());
                Request request = reason == null
                        ? Request.of(statements.approval(
                                signer,
                                stage,
                                role,
                                comment,
                                evidence.stream().map(Digest::parse).toList(),
                                Origin.UNKNOWN))
                        : Request.of(statements.record(
                                GateRecord.Kind.REJECTION, signer, stage, role, List.of(), null, null, reason));
                Files.write(out, request.toBytes());
                if (bytes != null) {
                    Files.write(bytes, request.bytesToSign());
                }
                print(spec, request);
                return ExitCode.PASS.code();
            }
        }
    }

    /** {@code countersign request show}. */
    @Command(name = "show", description = "Shows everything that would be signed.", mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "REQUEST")
        private Path file;

        @Override
        public Integer call() throws Exception {
            print(spec, Request.read(Files.readAllBytes(file)));
            return ExitCode.PASS.code();
        }
    }

    /** {@code countersign request sign}. */
    @Command(
            name = "sign",
            description = "Signs a request without reaching a registry, and shows what was signed.",
            mixinStandardHelpOptions = true)
    static final class Sign implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private KeyOptions key;

        @Parameters(paramLabel = "REQUEST")
        private Path file;

        @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the signature goes.")
        private Path out;

        @Override
        public Integer call() throws Exception {
            Request request = Request.read(Files.readAllBytes(file));
            print(spec, request);
            try (Signer signer = key.open(spec)) {
                Files.write(out, request.sign(signer).toBytes());
            }
            return ExitCode.PASS.code();
        }
    }

    /** {@code countersign request attach}. */
    @Command(
            name = "attach",
            description = "Verifies a signature that came back and attaches the statement to the image.",
            mixinStandardHelpOptions = true)
    static final class Attach implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private PolicyOption policy;

        @Mixin
        private RegistryOptions registry;

        @Parameters(index = "0", paramLabel = "REQUEST")
        private Path file;

        @Parameters(
                index = "1",
                paramLabel = "SIGNATURE",
                description = "As any of the tools wrote it: bare, base64, cosign's bundle, or countersign's.")
        private Path signature;

        @Override
        public Integer call() throws Exception {
            Request request = Request.read(Files.readAllBytes(file));
            List<PublicKey> keys = new ArrayList<>();
            policy.read(registry)
                    .people()
                    .values()
                    .forEach(
                            person -> person.keys().stream().map(PolicyKey::key).forEach(keys::add));
            var signed = request.accept(Files.readAllBytes(signature), keys);
            ImageLocation location = ImageLocation.parse(request.repository());
            try (Repository repository = registry.open(location)) {
                Digest manifest = signed.attachTo(repository, Instant.now());
                spec.commandLine().getOut().println(manifest);
                spec.commandLine()
                        .getErr()
                        .println("Attached to " + request.repository() + "@" + request.image() + ", signed by the key "
                                + PublicKeys.fingerprint(signed.key()));
            }
            return ExitCode.PASS.code();
        }
    }
}
