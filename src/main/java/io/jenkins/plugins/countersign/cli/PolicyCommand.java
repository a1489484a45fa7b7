package io.jenkins.plugins.countersign.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code countersign policy}: the way of a trust policy from the first draft to the registry, and of its root keys. */
@Command(
        name = "policy",
        description =
                "Writes, checks, signs, shows, compares and publishes trust policies, and changes their root keys.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            PolicyInitCommand.class,
            PolicyCheckCommand.class,
            PolicySignCommand.class,
            PolicyShowCommand.class,
            PolicyDiffCommand.class,
            PolicyRotateCommand.class,
            PolicyPushCommand.class
        })
final class PolicyCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "name a command: init, check, sign, show, diff, rotate or push");
    }
}
