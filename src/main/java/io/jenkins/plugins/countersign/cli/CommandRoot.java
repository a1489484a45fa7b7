package io.jenkins.plugins.countersign.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What stands before a command's name. */
abstract class CommandRoot implements Runnable, CommandLine.IExecutionExceptionHandler {

    /** Beside the one command that was named: to read the annotations of all others takes longer than many a command. */
    @Command(name = "countersign", mixinStandardHelpOptions = true, versionProvider = Version.class)
    static final class OfOne extends CommandRoot {}

    @Spec
    private CommandSpec spec;

    @Option(names = "--debug", description = "Show the stack trace of an error.", scope = CommandLine.ScopeType.INHERIT)
    private boolean debug;

    // No lambda: the archive of classes would leave out whatever the lambda's type names, which is most of picocli.
    @Override
    public int handleExecutionException(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        return Failure.report(e, debug, command.getErr());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command.");
    }
}
