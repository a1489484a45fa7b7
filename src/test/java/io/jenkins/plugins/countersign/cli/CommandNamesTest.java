package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import org.junit.Test;
import picocli.CommandLine.Command;

/** A command is found by its class's name, alone; the help finds all in an annotation. */
public class CommandNamesTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    public void eachCommandIsNamedAsItsClass() {
        Class<?>[] commands = Main.class.getAnnotation(Command.class).subcommands();
        assertEquals(18, commands.length);
        for (Class<?> command : commands) {
            String name = command.getAnnotation(Command.class).name();
            assertEquals(
                    name.replace("-", "") + "command", command.getSimpleName().toLowerCase(Locale.ROOT));
            assertEquals(ExitCode.PASS.code(), run(name, "--help"));
            assertThat(out.toString(), containsString("Usage: countersign " + name));
            out.getBuffer().setLength(0);
        }
    }

    @Test
    public void noCommandIsUsage_withWhatIsMeant() {
        for (String none : new String[] {"pusch", "failure", "policycheck", "../Push", "", "$"}) {
            assertEquals(none, ExitCode.USAGE.code(), run(none));
            assertThat(none, err.toString(), containsString("Unmatched argument at index 0: '" + none + "'"));
            assertThat(none, err.toString(), not(containsString("\tat ")));
            err.getBuffer().setLength(0);
        }
        assertEquals(ExitCode.USAGE.code(), run("Push"));
        assertThat("commands are written small", err.toString(), containsString("Did you mean: countersign push"));
    }

    @Test
    public void noCommandAtAllAsksForOne_andTheHelpNamesAll() {
        assertEquals(ExitCode.USAGE.code(), run());
        assertThat(err.toString(), containsString("Name a command."));
        assertEquals(ExitCode.PASS.code(), run("--help"));
        for (Class<?> command : Main.class.getAnnotation(Command.class).subcommands()) {
            assertThat(
                    out.toString(),
                    containsString("  " + command.getAnnotation(Command.class).name() + " "));
        }
    }
}
