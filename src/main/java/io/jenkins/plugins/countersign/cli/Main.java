package io.jenkins.plugins.countersign.cli;

import java.io.PrintWriter;
import java.util.Arrays;
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
            AuditCommand.class,
            PolicyCommand.class,
            KeyCommand.class,
            TokenCommand.class,
            DemoCommand.class
        })
public final class Main extends CommandRoot {

    public static void main(String[] args) {
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
        line.setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(
                        (e, command, parsed) -> Failure.report(e, main.debug(), command.getErr()));
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

    private static Optional<Class<?>> named(String... args) {
        return Arrays.stream(Main.class.getAnnotation(Command.class).subcommands())
                .filter(type -> args.length > 0
                        && args[0].equals(type.getAnnotation(Command.class).name()))
                .findFirst()
                .map(type -> (Class<?>) type);
    }
}
