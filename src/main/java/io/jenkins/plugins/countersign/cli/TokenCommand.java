package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenInfo;
import io.jenkins.plugins.countersign.engine.signing.token.TokenList;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign token}: what is plugged in. */
@Command(
        name = "token",
        description = "Shows hardware tokens.",
        mixinStandardHelpOptions = true,
        subcommands = TokenCommand.ListTokens.class)
final class TokenCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command: list.");
    }

    @Command(
            name = "list",
            description = "Lists the tokens that a PKCS#11 library sees, and their keys. Needs no PIN.",
            mixinStandardHelpOptions = true)
    static final class ListTokens implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private OutputOption output;

        @Option(
                names = "--library",
                required = true,
                paramLabel = "FILE",
                description = "The PKCS#11 library, an absolute path.")
        private String library;

        @Override
        public Integer call() throws Exception {
            List<TokenInfo> tokens = TokenList.read(new TokenHost(List.of(library)), library);
            if (output.json()) {
                ObjectNode json = output.document();
                ArrayNode list = json.putArray("tokens");
                tokens.forEach(token -> describe(list.addObject(), token));
                output.print(spec, json);
            } else {
                tokens.forEach(token -> print(spec.commandLine().getOut(), token));
                if (tokens.isEmpty()) {
                    spec.commandLine().getErr().println("The library sees no token.");
                }
            }
            return ExitCode.PASS.code();
        }

        private static void describe(ObjectNode json, TokenInfo token) {
            json.put("label", token.label())
                    .put("serial", token.serial())
                    .put("slot", token.slot())
                    .put("manufacturer", token.manufacturer())
                    .put("model", token.model())
                    .put("pin", pinState(token));
            ArrayNode keys = json.putArray("keys");
            for (TokenInfo.Key key : token.keys()) {
                keys.addObject()
                        .put("id", key.id())
                        .put("label", key.label())
                        .put("certificate", key.hasCertificate())
                        .put("certificatePem", key.certificatePem())
                        .put("publicKey", key.publicKeyPem());
            }
        }

        private static void print(PrintWriter out, TokenInfo token) {
            out.printf(
                    "%s  serial %s  slot %d  %s %s  PIN %s%n",
                    token.label(), token.serial(), token.slot(), token.manufacturer(), token.model(), pinState(token));
            for (TokenInfo.Key key : token.keys()) {
                out.printf(
                        "  key %s  id %s%s%n", key.label(), key.id(), key.hasCertificate() ? "  with certificate" : "");
            }
        }

        private static String pinState(TokenInfo token) {
            return token.pinState().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }
}
