package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Heredoc;
import io.jenkins.plugins.countersign.engine.dockerfile.Node.Word;
import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Words to instructions, with the builder's complaints.
 *
 * <p>Source: {@code instructions/parse.go}, {@code bflag.go}, {@code commands_run*.go}.
 */
final class Instructions {

    private enum FlagType {
        BOOL,
        ONE,
        MANY
    }

    private static final Map<String, FlagType> NO_FLAGS = Map.of();
    private static final Map<String, FlagType> FROM_FLAGS = Map.of("platform", FlagType.ONE);
    private static final Map<String, FlagType> ADD_FLAGS = Map.of(
            "chown", FlagType.ONE,
            "chmod", FlagType.ONE,
            "link", FlagType.BOOL,
            "keep-git-dir", FlagType.BOOL,
            "checksum", FlagType.ONE,
            "unpack", FlagType.BOOL,
            "exclude", FlagType.MANY);
    private static final Map<String, FlagType> COPY_FLAGS = Map.of(
            "chown", FlagType.ONE,
            "from", FlagType.ONE,
            "chmod", FlagType.ONE,
            "link", FlagType.BOOL,
            "exclude", FlagType.MANY,
            "parents", FlagType.BOOL);
    private static final Map<String, FlagType> RUN_FLAGS = Map.of(
            "mount", FlagType.MANY,
            "network", FlagType.ONE,
            "security", FlagType.ONE,
            "device", FlagType.MANY);
    private static final Map<String, FlagType> HEALTH_FLAGS = Map.of(
            "interval", FlagType.ONE,
            "timeout", FlagType.ONE,
            "start-period", FlagType.ONE,
            "start-interval", FlagType.ONE,
            "retries", FlagType.ONE);

    private final Budget budget;

    Instructions(Budget budget) {
        this.budget = budget;
    }

    /** The flags of one instruction, by name. */
    private record Flags(Map<String, List<Word>> given) {

        String one(String name) {
            List<Word> words = given.get(name);
            return words == null ? "" : words.get(words.size() - 1).text();
        }

        List<Word> many(String name) {
            return given.getOrDefault(name, List.of());
        }

        Boolean bool(String name) {
            List<Word> words = given.get(name);
            return words == null ? null : !GoText.lower(words.get(0).text()).equals("false");
        }
    }

    Instruction read(Node node) throws DockerfileException, TooMuchException {
        List<Word> args = node.args();
        switch (node.lowered()) {
            case "from" -> {
                return from(node);
            }
            case "arg" -> {
                return arg(node);
            }
            case "env", "label" -> {
                flags(node, NO_FLAGS);
                return pairs(node);
            }
            case "copy", "add" -> {
                return copy(node, node.lowered().equals("add"));
            }
            case "run" -> {
                return run(node);
            }
            case "onbuild" -> {
                return onbuild(node);
            }
            case "maintainer" -> {
                exactlyOne(node);
                flags(node, NO_FLAGS);
                return new Instruction.Other(node);
            }
            case "workdir", "user" -> {
                exactlyOne(node);
                flags(node, NO_FLAGS);
                return new Instruction.Texts(node, List.of(args.get(0).text()));
            }
            case "stopsignal" -> {
                exactlyOne(node);
                return new Instruction.Texts(node, List.of(args.get(0).text()));
            }
            case "expose" -> {
                atLeastOne(node);
                flags(node, NO_FLAGS);
                return new Instruction.Expose(
                        node, args.stream().map(Word::text).toList());
            }
            case "volume" -> {
                atLeastOne(node);
                flags(node, NO_FLAGS);
                List<String> volumes =
                        args.stream().map(arg -> GoText.trim(arg.text())).toList();
                if (volumes.contains("")) {
                    throw error(node, "VOLUME specified can not be an empty string");
                }
                return new Instruction.Texts(node, volumes);
            }
            case "cmd", "entrypoint" -> {
                flags(node, NO_FLAGS);
                return new Instruction.Other(node);
            }
            case "shell" -> {
                flags(node, NO_FLAGS);
                atLeastOne(node);
                if (!node.json()) {
                    throw error(node, "SHELL requires the arguments to be in JSON form");
                }
                return new Instruction.Other(node);
            }
            case "healthcheck" -> {
                return healthcheck(node);
            }
            default -> throw error(node, "unknown instruction: " + GoText.shown(node.keyword()));
        }
    }

    private Instruction from(Node node) throws DockerfileException {
        List<Word> args = node.args();
        String name = "";
        if (args.size() == 3 && isAs(args.get(1).text())) {
            name = GoText.lower(args.get(2).text());
            if (!isStageName(name)) {
                throw new DockerfileException(
                        node.source().place(args.get(2).start(), args.get(2).end()),
                        "invalid name for build stage: \""
                                + GoText.shown(args.get(2).text())
                                + "\", name can't start with a number or contain symbols");
            }
        } else if (args.size() != 1) {
            throw error(node, "FROM requires either one or three arguments");
        }
        Flags flags = flags(node, FROM_FLAGS);
        return new Instruction.From(node, args.get(0), name, flags.one("platform"));
    }

    /** {@code strings.EqualFold(word, "as")}; the long s folds to s. */
    private static boolean isAs(String word) {
        return (word.startsWith("a") || word.startsWith("A"))
                && (word.length() == 2 && (word.charAt(1) == 's' || word.charAt(1) == 'S')
                        || word.substring(1).equals("\u00C5\u00BF"));
    }

    static boolean isStageName(String name) {
        if (name.isEmpty() || name.charAt(0) < 'a' || name.charAt(0) > 'z') {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static Instruction arg(Node node) throws DockerfileException {
        atLeastOne(node);
        List<Instruction.Variable> variables = new ArrayList<>(node.args().size());
        for (Word word : node.args()) {
            int equals = word.text().indexOf('=');
            if (equals == 0) {
                throw error(node, "ARG names can not be blank");
            }
            variables.add(
                    equals < 0
                            ? new Instruction.Variable(word.text(), null)
                            : new Instruction.Variable(
                                    word.text().substring(0, equals),
                                    word.text().substring(equals + 1)));
        }
        return new Instruction.Arg(node, variables);
    }

    private static Instruction pairs(Node node) throws DockerfileException {
        atLeastOne(node);
        List<Instruction.Variable> variables = new ArrayList<>(node.args().size() / 3);
        for (int i = 0; i + 2 < node.args().size(); i += 3) {
            if (node.args().get(i).text().isEmpty()) {
                throw error(node, node.keyword().toUpperCase(java.util.Locale.ROOT) + " names can not be blank");
            }
            variables.add(new Instruction.Variable(
                    node.args().get(i).text(), node.args().get(i + 1).text()));
        }
        return new Instruction.Pairs(node, node.lowered().equals("env"), variables);
    }

    private Instruction copy(Node node, boolean add) throws DockerfileException, TooMuchException {
        String name = add ? "ADD" : "COPY";
        List<Word> args = node.args();
        if (args.size() < 2) {
            throw error(
                    node,
                    name
                            + " requires at least two arguments, but only one was provided. Destination could not be determined");
        }
        Flags flags = flags(node, add ? ADD_FLAGS : COPY_FLAGS);
        String destination = args.get(args.size() - 1).text();
        if (heredoc(destination) != null) {
            throw error(node, name + " cannot accept a heredoc as a destination");
        }
        Map<String, Heredoc> bodies = new HashMap<>();
        node.heredocs().forEach(heredoc -> bodies.put(heredoc.name(), heredoc));
        List<String> sources = new ArrayList<>();
        List<Heredoc> inline = new ArrayList<>();
        for (Word word : args.subList(0, args.size() - 1)) {
            Heredoc heredoc = heredoc(word.text());
            if (heredoc == null) {
                sources.add(word.text());
            } else {
                Heredoc body = bodies.get(heredoc.name());
                String content = body == null ? "" : body.content();
                inline.add(heredoc.withContent(heredoc.chomp() ? withoutTabs(content) : content));
            }
        }
        return new Instruction.Copy(
                node,
                add,
                add ? "" : flags.one("from"),
                sources,
                inline,
                destination,
                flags.one("chown"),
                flags.one("chmod"),
                add ? flags.one("checksum") : "",
                add ? flags.bool("keep-git-dir") : null);
    }

    private Heredoc heredoc(String word) throws TooMuchException {
        try {
            return InstructionReader.heredoc(word, budget);
        } catch (LexerException e) {
            return null;
        }
    }

    private static String withoutTabs(String content) {
        StringBuilder chomped = new StringBuilder(content.length());
        boolean lineStart = true;
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            if (!lineStart || c != '\t') {
                chomped.append(c);
                lineStart = c == '\n';
            }
        }
        return chomped.toString();
    }

    private Instruction run(Node node) throws DockerfileException {
        Flags flags = flags(node, RUN_FLAGS);
        List<String> sources = new ArrayList<>();
        for (Word mount : flags.many("mount")) {
            sources.add(mountSource(node, mount));
        }
        if (flags.given().containsKey("network")) {
            String mode = flags.one("network");
            if (!List.of("default", "none", "host").contains(mode)) {
                throw error(node, "invalid network mode \"" + GoText.shown(mode) + "\"");
            }
        }
        if (flags.given().containsKey("security")) {
            String mode = flags.one("security");
            if (!List.of("insecure", "sandbox").contains(mode)) {
                throw error(node, "security \"" + GoText.shown(mode) + "\" is not valid");
            }
        }
        for (Word device : flags.many("device")) {
            device(node, device.text());
        }
        return new Instruction.Run(
                node, flags.many("mount"), sources, !flags.many("device").isEmpty());
    }

    /** The value of {@code from} in a mount, which alone is read before variables are; empty when there is none. */
    private static String mountSource(Node node, Word mount) throws DockerfileException {
        String from = "";
        for (String field : csv(node, mount.text(), "mounts")) {
            int equals = field.indexOf('=');
            if (equals >= 0 && GoText.lower(field.substring(0, equals)).equals("from")) {
                from = field.substring(equals + 1);
                int dollar = from.indexOf('$');
                if (dollar >= 0 && dollar != from.length() - 1) {
                    throw error(node, "'from' doesn't support variable expansion, define alias stage instead");
                }
            }
        }
        return from;
    }

    static List<String> csv(Node node, String line, String what) throws DockerfileException {
        List<String> fields = Csv.fields(line);
        if (fields == null) {
            throw error(node, "failed to parse csv " + what);
        }
        return fields;
    }

    private static void device(Node node, String text) throws DockerfileException {
        String name = "";
        for (String field : csv(node, text, "devices")) {
            int equals = field.indexOf('=');
            String key = GoText.lower(equals < 0 ? field : field.substring(0, equals));
            if (equals < 0) {
                if (!key.equals("required")) {
                    if (!name.isEmpty()) {
                        throw error(node, "invalid field '" + GoText.shown(field) + "' must be a key=value pair");
                    }
                    name = field;
                }
            } else if (key.equals("name")) {
                if (!name.isEmpty()) {
                    throw error(node, "device name already set to " + GoText.shown(name));
                }
                name = field.substring(equals + 1);
            } else if (key.equals("required")) {
                if (GoNumbers.bool(field.substring(equals + 1)) == null) {
                    throw error(node, "invalid value for required: " + GoText.shown(field.substring(equals + 1)));
                }
            } else if (name.isEmpty()) {
                name = field;
            } else {
                throw error(node, "unexpected key '" + GoText.shown(key) + "' in '" + GoText.shown(field) + "'");
            }
        }
    }

    private Instruction onbuild(Node node) throws DockerfileException {
        atLeastOne(node);
        flags(node, NO_FLAGS);
        String trigger = GoText.upper(GoText.trim(node.args().get(0).text()));
        if (trigger.equals("ONBUILD")) {
            throw error(node, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
        }
        if (trigger.equals("MAINTAINER") || trigger.equals("FROM")) {
            throw error(node, trigger + " isn't allowed as an ONBUILD trigger");
        }
        StringBuilder expression = new StringBuilder(withoutOnbuild(node.line()));
        for (Heredoc heredoc : node.heredocs()) {
            expression.append('\n').append(heredoc.content()).append(heredoc.name());
        }
        return new Instruction.Onbuild(node, expression.toString());
    }

    /** {@code (?i)^\s*ONBUILD\s*} cut off; where the keyword has a letter that only lower-casing makes plain, nothing is. */
    private static String withoutOnbuild(String line) {
        int at = skipBlanks(line, 0);
        if (!line.regionMatches(true, at, "onbuild", 0, 7) || !GoText.isAscii(line.substring(at, at + 7))) {
            return line;
        }
        return line.substring(skipBlanks(line, at + 7));
    }

    private static int skipBlanks(String line, int from) {
        int at = from;
        while (at < line.length()
                && line.charAt(at) != 0x0B
                && line.charAt(at) < 0x80
                && GoText.isSpace(line.charAt(at))) {
            at++;
        }
        return at;
    }

    private Instruction healthcheck(Node node) throws DockerfileException {
        atLeastOne(node);
        String type = GoText.upper(node.args().get(0).text());
        if (type.equals("NONE")) {
            if (node.args().size() != 1) {
                throw error(node, "HEALTHCHECK NONE takes no arguments");
            }
            return new Instruction.Other(node);
        }
        Flags flags = flags(node, HEALTH_FLAGS);
        if (!type.equals("CMD")) {
            throw error(node, "Unknown type \"" + GoText.shown(type) + "\" in HEALTHCHECK (try CMD)");
        }
        if (node.args().size() == 1) {
            throw error(node, "Missing command after HEALTHCHECK CMD");
        }
        for (String flag : List.of("interval", "timeout", "start-period", "start-interval")) {
            String value = flags.one(flag);
            if (!value.isEmpty()) {
                BigInteger nanos = GoNumbers.duration(value);
                if (nanos == null) {
                    throw error(node, "time: invalid duration \"" + GoText.shown(value) + "\"");
                }
                if (nanos.signum() != 0 && nanos.compareTo(BigInteger.valueOf(1_000_000)) < 0) {
                    throw error(node, "Interval \"" + flag + "\" cannot be less than 1ms");
                }
            }
        }
        String retries = flags.one("retries");
        if (!retries.isEmpty()) {
            Long count = GoNumbers.integer(retries, Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (count == null || count < 0) {
                throw error(node, "--retries must be a number that is not negative: " + GoText.shown(retries));
            }
        }
        return new Instruction.Other(node);
    }

    private static Flags flags(Node node, Map<String, FlagType> known) throws DockerfileException {
        if (node.flags().isEmpty()) {
            return new Flags(Map.of());
        }
        Map<String, List<Word>> given = new HashMap<>();
        for (Word flag : node.flags()) {
            String text = flag.text();
            if (text.equals("--")) {
                break;
            }
            if (!text.startsWith("--")) {
                throw error(node, "arg should start with -- : " + GoText.shown(text));
            }
            int equals = text.indexOf('=');
            String name = equals < 0 ? text.substring(2) : text.substring(2, equals);
            String shown = GoText.shown("--" + name);
            FlagType type = known.get(name);
            if (type == null) {
                throw error(node, "unknown flag: " + shown);
            }
            if (given.containsKey(name) && type != FlagType.MANY) {
                throw error(node, "duplicate flag specified: " + shown);
            }
            String value = equals < 0 ? "" : text.substring(equals + 1);
            if (type == FlagType.BOOL) {
                if (equals >= 0 && value.isEmpty()) {
                    throw error(node, "missing a value on flag: " + shown);
                }
                String lowered = GoText.lower(value);
                if (!lowered.isEmpty() && !lowered.equals("true") && !lowered.equals("false")) {
                    throw error(node, "expecting boolean value for flag " + shown + ", not: " + GoText.shown(value));
                }
            } else if (equals < 0) {
                throw error(node, "missing a value on flag: " + shown);
            }
            given.computeIfAbsent(name, unused -> new ArrayList<>(1)).add(new Word(value, flag.start(), flag.end()));
        }
        return new Flags(given);
    }

    private static void exactlyOne(Node node) throws DockerfileException {
        if (node.args().size() != 1) {
            throw error(node, name(node) + " requires exactly one argument");
        }
    }

    private static void atLeastOne(Node node) throws DockerfileException {
        if (node.args().isEmpty()) {
            throw error(node, name(node) + " requires at least one argument");
        }
    }

    private static String name(Node node) {
        return node.lowered().toUpperCase(java.util.Locale.ROOT);
    }

    static DockerfileException error(Node node, String message) {
        return new DockerfileException(node.place(), message);
    }
}
