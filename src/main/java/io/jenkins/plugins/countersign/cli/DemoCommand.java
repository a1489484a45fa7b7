package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.cli.demo.DemoJenkins;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign demo}: the whole chain on folders, each step as a user would type it, with what came of it. */
@Command(
        name = "demo",
        description = "Goes through the whole chain on OCI layout folders, with keys and images made on the spot.",
        mixinStandardHelpOptions = true,
        subcommands = {
            DemoCommand.Registry.class,
            DemoCommand.Prepare.class,
            DemoCommand.Image.class,
            DemoCommand.Jenkins.class,
            DemoCommand.WarmUp.class
        })
final class DemoCommand implements Callable<Integer> {

    private static final String GOLDEN = "registry.example.com/golden/base";

    @Spec
    private CommandSpec spec;

    @Option(names = "--folder", description = "Where; a new temporary folder by default.")
    private Path folder;

    private PrintWriter out;
    private DemoCast cast;

    @Override
    public Integer call() throws Exception {
        out = spec.commandLine().getOut();
        folder = folder == null ? Files.createTempDirectory("countersign-demo") : folder;
        cast = DemoCast.prepare(folder.resolve("keys"), "registry.example.com/golden/**");
        say("The trust policy names carol (qa), alice (security), frank and grace (release). It is " + cast.policy()
                + ".");

        Digest base;
        Digest app;
        try (Repository golden = Repositories.open("oci:" + folder.resolve("golden"));
                Repository built = Repositories.open("oci:" + folder.resolve("build"))) {
            base = DemoImage.build(null, null, Map.of("etc/os-release", "NAME=\"Golden Base\"\n"), golden);
            golden.tag(base, "1.0");
            app = DemoImage.build(golden, base, Map.of("app/hello", "#!/bin/sh\necho hello\n"), built);
            built.tag(app, "app");
        }
        Path good = folder.resolve("Dockerfile");
        Files.writeString(
                good, "FROM " + GOLDEN + ":1.0@" + base + "\nCOPY hello /app/hello\nENTRYPOINT [\"/app/hello\"]\n");
        Path foreign = folder.resolve("Dockerfile.foreign");
        Files.writeString(
                foreign,
                "FROM " + GOLDEN + ":1.0@" + base
                        + " AS build\nFROM scratch\nCOPY --from=docker.io/somebody/tool:latest /tool /tool\n");

        step("A Dockerfile that stands on a golden image is let through");
        expect(
                ExitCode.PASS,
                "check",
                good.toString(),
                "--offline",
                "--policy",
                cast.policy().toString());
        step("A Dockerfile that also pulls a foreign image is refused");
        expect(
                ExitCode.POLICY,
                "check",
                foreign.toString(),
                "--offline",
                "--policy",
                cast.policy().toString());

        String team = "oci:" + folder.resolve("team");
        step("The image is pushed and signed by its builder");
        expect(ExitCode.PASS, "push", "oci:" + folder.resolve("build") + ":app", team + ":1.0");
        String image = team + ":1.0@" + app;
        expect(ExitCode.PASS, with("sign", image, "builder"));
        expect(
                ExitCode.PASS,
                "verify",
                image,
                "--public-key",
                folder.resolve("keys").resolve("builder.pub").toString());

        step("The gate of the stage qa is held: nobody has approved");
        expect(
                ExitCode.SIGNATURE,
                "status",
                image,
                "--stage",
                "qa",
                "--policy",
                cast.policy().toString());
        step("Carol, a tester, approves; the image is sealed and promoted");
        approve(image, "qa", "qa", "carol");
        String tested = promote(image, "qa", "qa");

        step("Production needs two release managers and security; Frank alone, even twice, is not enough");
        approve(tested, "production", "release", "frank");
        approve(tested, "production", "release", "frank");
        approve(tested, "production", "security", "alice");
        expect(
                ExitCode.SIGNATURE,
                "status",
                tested,
                "--stage",
                "production",
                "--policy",
                cast.policy().toString());
        step("With Grace it is promoted, the very bytes that were tested");
        approve(tested, "production", "release", "grace");
        String released = promote(tested, "production", "production");

        step("Anybody can repeat the decision from the folder and the policy alone");
        expect(
                ExitCode.PASS,
                "verify",
                released,
                "--stage",
                "production",
                "--policy",
                cast.policy().toString());
        say("");
        say("Built    " + app);
        say("Released " + released.substring(released.indexOf('@') + 1));
        return ExitCode.PASS.code();
    }

    private void approve(String image, String stage, String role, String person) throws Failure {
        List<String> arguments = new ArrayList<>(List.of(with("approve", image, person)));
        arguments.addAll(List.of(
                "--stage", stage, "--role", role, "--policy", cast.policy().toString()));
        expect(ExitCode.PASS, arguments.toArray(String[]::new));
    }

    private String promote(String image, String stage, String to) throws Failure {
        String destination = "oci:" + folder.resolve(to) + ":1.0";
        List<String> arguments = new ArrayList<>(List.of(with("promote", image, "gate")));
        arguments.addAll(List.of(
                "--stage",
                stage,
                "--to",
                destination,
                "--policy",
                cast.policy().toString(),
                "--ledger",
                folder.resolve("ledger.jsonl").toString()));
        return expect(ExitCode.PASS, arguments.toArray(String[]::new)).strip();
    }

    private String[] with(String command, String image, String person) {
        return new String[] {
            command,
            image,
            "--key",
            cast.key(person).toString(),
            "--password-file",
            cast.password().toString()
        };
    }

    /** Runs one command as it would be typed, shows it and what it says. */
    private String expect(ExitCode expected, String... arguments) throws Failure {
        say("$ countersign " + String.join(" ", arguments).replace(folder + "/", ""));
        StringWriter data = new StringWriter();
        StringWriter messages = new StringWriter();
        int code = Main.execute(new PrintWriter(data), new PrintWriter(messages), arguments);
        (data + messages.toString()).lines().forEach(line -> say("    " + line.replace(folder + "/", "")));
        if (code != expected.code()) {
            throw new Failure(
                    ExitCode.BUG,
                    "the demonstration expected exit code " + expected.code() + " and got " + code + " from "
                            + arguments[0]);
        }
        if (code != 0) {
            say("    (exit code " + code + ")");
        }
        return data.toString();
    }

    private void step(String text) {
        say("");
        say("== " + text);
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }

    @Command(
            name = "registry",
            description = "Runs a registry in memory on the loopback address, without logins, until it is killed.",
            mixinStandardHelpOptions = true)
    static final class Registry implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Option(names = "--port", defaultValue = "0", description = "0 for any free one.")
        private int port;

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (DemoRegistry registry = new DemoRegistry(port)) {
                spec.commandLine().getOut().println(registry.host());
                spec.commandLine().getOut().flush();
                Thread.currentThread().join();
                return ExitCode.PASS.code();
            }
        }
    }

    @Command(
            name = "prepare",
            description = "Makes the keys and the trust policy of the demonstration, and a golden image in a registry.",
            mixinStandardHelpOptions = true)
    static final class Prepare implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @CommandLine.Mixin
        private RegistryOptions registry;

        @Parameters(paramLabel = "FOLDER", description = "Where the keys and the policy go.")
        private Path folder;

        @Option(
                names = "--registry",
                required = true,
                paramLabel = "HOST[:PORT]",
                description = "Where the golden image goes.")
        private String host;

        @Override
        public Integer call() throws Exception {
            DemoCast.prepare(folder, host + "/golden/**");
            ImageLocation location = ImageLocation.parse(host + "/golden/base:1.0");
            try (Repository golden = registry.open(location)) {
                Digest base = DemoImage.build(null, null, Map.of("etc/os-release", "NAME=\"Golden Base\"\n"), golden);
                golden.tag(base, "1.0");
                spec.commandLine().getOut().println(location.withDigest(base));
            }
            return ExitCode.PASS.code();
        }
    }

    @Command(
            name = "image",
            description =
                    "Builds a small image from one file on a base image, into an OCI layout folder, without a builder.",
            mixinStandardHelpOptions = true)
    static final class Image implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @CommandLine.Mixin
        private RegistryOptions registry;

        @Option(names = "--base", required = true, paramLabel = "IMAGE", description = "What it stands on.")
        private String base;

        @Option(names = "--file", required = true, paramLabel = "FILE", description = "What is added, as /app/NAME.")
        private Path file;

        @Parameters(paramLabel = "oci:FOLDER:TAG", description = "Where it goes.")
        private String to;

        @Override
        public Integer call() throws Exception {
            ImageLocation from = ImageLocation.parse(base);
            ImageLocation destination = ImageLocation.parse(to);
            try (Repository source = registry.open(from);
                    Repository target = registry.open(destination)) {
                Digest built = DemoImage.build(
                        source,
                        from.resolve(source),
                        Map.of("app/" + file.getFileName(), Files.readString(file)),
                        target);
                target.tag(built, destination.tag().orElse("latest"));
                spec.commandLine().getOut().println(destination.withDigest(built));
            }
            return ExitCode.PASS.code();
        }
    }

    @Command(
            name = "jenkins",
            description =
                    "Walks through the example job in a Jenkins that ./run started: starts it, and approves as each person.",
            mixinStandardHelpOptions = true)
    static final class Jenkins implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "URL", description = "Of Jenkins.")
        private String url;

        @Override
        public Integer call() throws Exception {
            new DemoJenkins(
                            url.endsWith("/") ? url : url + "/",
                            spec.commandLine().getOut())
                    .walk();
            return ExitCode.PASS.code();
        }
    }

    @Command(
            name = "warm-up",
            description = "Uses everything once, so that a class-data archive made of it holds it.",
            hidden = true,
            mixinStandardHelpOptions = true)
    static final class WarmUp implements Callable<Integer> {

        @Parameters(paramLabel = "FOLDER", description = "An empty folder to work in.")
        private Path folder;

        @Override
        public Integer call() throws Exception {
            Path keys = folder.resolve("keys");
            use("demo", "--folder", folder.toString());
            use("--help");
            try (DemoRegistry registry = new DemoRegistry(0)) {
                String host = registry.host();
                String built = host + "/team/app:1.0";
                use("push", "oci:" + folder.resolve("build") + ":app", built, "--insecure-plain-http", host);
                use("push", "docker://" + built, host + "/other/app:1.0", "--insecure-plain-http", host);
                use(signed("approve", built, keys, "carol", host, "--role", "qa"));
                use("status", built, "--stage", "qa", "--policy", policy(keys), "--insecure-plain-http", host);
                use(signed("promote", built, keys, "gate", host, "--to", host + "/qa/app:1.0"));
                use(
                        "verify",
                        host + "/qa/app:1.0",
                        "--stage",
                        "qa",
                        "--policy",
                        policy(keys),
                        "--insecure-plain-http",
                        host);
            }
            return ExitCode.PASS.code();
        }

        private static String policy(Path keys) {
            return keys.resolve("policy.yaml").toString();
        }

        private static String[] signed(
                String command, String image, Path keys, String person, String host, String... more) {
            List<String> arguments = new ArrayList<>(List.of(
                    command,
                    image,
                    "--stage",
                    "qa",
                    "--key",
                    keys.resolve(person + ".key").toString(),
                    "--password-file",
                    keys.resolve("password").toString(),
                    "--policy",
                    policy(keys),
                    "--insecure-plain-http",
                    host));
            arguments.addAll(List.of(more));
            return arguments.toArray(String[]::new);
        }

        private static void use(String... arguments) {
            Main.execute(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), arguments);
        }
    }
}
