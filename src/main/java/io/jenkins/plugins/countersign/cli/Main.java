package io.jenkins.plugins.countersign.cli;

import picocli.CommandLine;

/** The command line {@code countersign}. */
@CommandLine.Command(name = "countersign", mixinStandardHelpOptions = true)
public final class Main implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "name a command");
    }
}
