package io.jenkins.plugins.countersign.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code countersign}. */
@Command(
        name = "countersign",
        description = "Checks base images, pushes and signs images, collects approvals, promotes what was approved.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CheckCommand.class,
            PushCommand.class,
            SignCommand.class,
            ApproveCommand.class,
            RejectCommand.class,
            WithdrawCommand.class,
            StatusCommand.class,
            PromoteCommand.class,
            VerifyCommand.class,
            RequestCommand.class,
            EvidenceCommand.class,
            ExportCommand.class,
            ContentTrustCommand.class,
            AuditCommand.class,
            PolicyCommand.class,
            KeyCommand.class,
            TokenCommand.class,
            DemoCommand.class
        })
public final class Main extends CommandRoot {

    public static void main(String[] args) {
        StartUp.beside();
        System.exit(execute(
                new PrintWriter(System.out, true, java.nio.charset.StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8),
                args));
    }

    /** Runs one command; data goes to {@code out}, all else to {@code err}. */
    public static int execute(PrintWriter out, PrintWriter err, String... args) {
        Optional<Class<?>> named = named(args);
        CommandRoot main = named.isPresent() ? new CommandRoot.OfOne() : new Main();
        CommandLine line = new CommandLine(main);
        named.ifPresent(line::addSubcommand);
        line.setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true).setExecutionExceptionHandler(main);
        java.util.Map<String, String> codes = new java.util.LinkedHashMap<>();
        for (ExitCode code : ExitCode.values()) {
            codes.put(Integer.toString(code.code()), code.meaning());
        }
        line.getCommandSpec().usageMessage().exitCodeList(codes).exitCodeListHeading("%nExit codes:%n");
        int result = line.execute(args);
        out.flush();
        err.flush();
        return result;
    }

    /** By its class's name: to read the names in all annotations takes as long as to read all of one. */
    private static Optional<Class<?>> named(String... args) {
        if (args.length == 0 || !args[0].matches("[a-z]+(-[a-z]+)*")) {
            return Optional.empty();
        }
        StringBuilder name = new StringBuilder(Main.class.getPackageName()).append('.');
        for (String word : args[0].split("-")) {
            name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
        }
        try {
            return Optional.of(Class.forName(name + "Command"));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }
}
