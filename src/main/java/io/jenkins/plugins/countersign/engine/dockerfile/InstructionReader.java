package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Heredoc;
import io.jenkins.plugins.countersign.engine.dockerfile.Node.Word;
import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Text to instructions: lines, continuations, comments, heredocs, flags and words.
 *
 * <p>Source: {@code parser/parser.go}, {@code line_parsers.go}, {@code split_command.go}.
 */
final class InstructionReader {

    private enum Form {
        WORDS,
        WORDS_OR_JSON,
        TEXT,
        TEXT_OR_JSON,
        NAMES_AND_VALUES,
        NAMES,
        HEALTH,
        INSTRUCTION
    }

    private static final Map<String, Form> FORMS = Map.ofEntries(
            Map.entry("add", Form.WORDS_OR_JSON),
            Map.entry("arg", Form.NAMES),
            Map.entry("cmd", Form.TEXT_OR_JSON),
            Map.entry("copy", Form.WORDS_OR_JSON),
            Map.entry("entrypoint", Form.TEXT_OR_JSON),
            Map.entry("env", Form.NAMES_AND_VALUES),
            Map.entry("expose", Form.WORDS),
            Map.entry("from", Form.WORDS),
            Map.entry("healthcheck", Form.HEALTH),
            Map.entry("label", Form.NAMES_AND_VALUES),
            Map.entry("maintainer", Form.TEXT),
            Map.entry("onbuild", Form.INSTRUCTION),
            Map.entry("run", Form.TEXT_OR_JSON),
            Map.entry("shell", Form.TEXT_OR_JSON),
            Map.entry("stopsignal", Form.TEXT),
            Map.entry("user", Form.TEXT),
            Map.entry("volume", Form.WORDS_OR_JSON),
            Map.entry("workdir", Form.TEXT));

    private final String text;
    private final Budget budget;
    private final Directives directives = new Directives("#");
    private char escape = '\\';

    /** Where the scanner stands: the next physical line begins here. */
    private int at;

    private int line;

    /** The physical line just read, without its end. */
    private int lineStart;

    private int lineEnd;

    InstructionReader(String text, Budget budget) {
        this.text = text;
        this.budget = budget;
    }

    char escape() {
        return escape;
    }

    List<Node> read() throws DockerfileException, TooMuchException {
        List<Node> nodes = new ArrayList<>();
        StringBuilder joined = new StringBuilder();
        while (nextLine()) {
            if (line == 1 && text.startsWith("\u00EF\u00BB\u00BF", lineStart)) {
                lineStart += 3;
            }
            int from = GoText.skipSpaces(text, lineStart, lineEnd);
            readDirective(from);
            if (from == lineEnd || text.charAt(from) == '#') {
                continue;
            }
            Source source = new Source(text, line);
            int end = continuation(from, lineEnd);
            source.piece(0, from, line);
            String instruction;
            if (end < 0) {
                instruction = text.substring(from, lineEnd);
            } else {
                joined.setLength(0);
                joined.append(text, from, end);
                join(joined, source);
                instruction = joined.toString();
            }
            source.endLine(line);
            Node node = node(instruction, source);
            if (instruction.contains("<<") && holdsHeredocs(node)) {
                node = node.withHeredocs(heredocs(instruction, source));
                source.endLine(line);
            }
            nodes.add(node);
        }
        if (nodes.isEmpty()) {
            throw new DockerfileException(new Place(Math.max(line, 1), 1, -1, -1), "file with no instructions");
        }
        return nodes;
    }

    /** Moves to the next physical line. */
    private boolean nextLine() throws DockerfileException {
        if (at >= text.length()) {
            return false;
        }
        int end = text.indexOf('\n', at);
        int stop = end < 0 ? text.length() : end;
        if (stop - at > Directives.MAX_LINE) {
            throw new DockerfileException(
                    Place.line(line + 1), "dockerfile line greater than max allowed size of " + Directives.MAX_LINE);
        }
        lineStart = at;
        lineEnd = stop;
        while (lineEnd > lineStart && text.charAt(lineEnd - 1) == '\r') {
            lineEnd--;
        }
        at = end < 0 ? text.length() : end + 1;
        line++;
        return true;
    }

    private void readDirective(int from) throws DockerfileException {
        try {
            Directives.Directive directive = directives.read(text, from, lineEnd);
            if (directive != null && directive.name() == Directives.Name.ESCAPE) {
                if (!directive.value().equals("\\") && !directive.value().equals("`")) {
                    throw new DockerfileException(
                            Place.line(line),
                            "invalid escape token '" + GoText.shown(directive.value()) + "' does not match ` or \\");
                }
                escape = directive.value().charAt(0);
            }
        } catch (Directives.RepeatedException e) {
            throw new DockerfileException(Place.line(line), e.getMessage());
        }
    }

    /** Where the line ends before its continuation character; -1 when it has none. */
    private int continuation(int from, int to) {
        int last = to;
        while (last > from && (text.charAt(last - 1) == ' ' || text.charAt(last - 1) == '\t')) {
            last--;
        }
        if (last == from || text.charAt(last - 1) != escape) {
            return -1;
        }
        return last - 1 == from || text.charAt(last - 2) != escape ? last - 1 : -1;
    }

    private void join(StringBuilder joined, Source source) throws DockerfileException {
        while (nextLine()) {
            int first = GoText.skipSpaces(text, lineStart, lineEnd);
            if (first == lineEnd || text.charAt(first) == '#') {
                continue;
            }
            source.piece(joined.length(), lineStart, line);
            int end = continuation(lineStart, lineEnd);
            if (end < 0) {
                joined.append(text, lineStart, lineEnd);
                return;
            }
            joined.append(text, lineStart, end);
        }
    }

    private static boolean holdsHeredocs(Node node) {
        Node holder = node.lowered().equals("onbuild") && node.trigger() != null ? node.trigger() : node;
        // an ONBUILD carries no JSON mark of its own, so that of its trigger counts
        return switch (holder.lowered()) {
            case "add", "copy", "run" -> !holder.json();
            default -> false;
        };
    }

    private List<Heredoc> heredocs(String instruction, Source source) throws DockerfileException, TooMuchException {
        List<Heredoc> announced = new ArrayList<>();
        try {
            for (String word : words(instruction)) {
                Heredoc heredoc = heredoc(word, budget);
                if (heredoc != null) {
                    announced.add(heredoc);
                }
            }
        } catch (LexerException e) {
            throw new DockerfileException(source.place(0, 0), e.getMessage());
        }
        List<Heredoc> complete = new ArrayList<>(announced.size());
        for (Heredoc heredoc : announced) {
            complete.add(heredoc.withContent(body(heredoc, source)));
        }
        return complete;
    }

    private List<String> words(String instruction) throws TooMuchException {
        try {
            return ShellLexer.ofHeredocLine(budget)
                    .process(instruction, ShellLexer.Variables.NONE)
                    .words();
        } catch (LexerException unbalanced) {
            // the builder ignores it too: an unbalanced quote switches heredocs off for its line
            return List.of();
        }
    }

    private String body(Heredoc heredoc, Source source) throws DockerfileException {
        int start = at;
        while (nextLine()) {
            int from = lineStart;
            if (heredoc.chomp()) {
                while (from < lineEnd && text.charAt(from) == '\t') {
                    from++;
                }
            }
            if (lineEnd - from == heredoc.name().length() && text.startsWith(heredoc.name(), from)) {
                return text.substring(start, lineStart);
            }
        }
        throw new DockerfileException(source.place(0, 0), "unterminated heredoc");
    }

    /** {@code ^(\d*)<<(-?)\s*([^<]*)$}, then the name without its quotes. Null when the word is no heredoc. */
    static Heredoc heredoc(String word, Budget budget) throws LexerException, TooMuchException {
        int at = 0;
        while (at < word.length() && word.charAt(at) >= '0' && word.charAt(at) <= '9') {
            at++;
        }
        if (!word.startsWith("<<", at)) {
            return null;
        }
        at += 2;
        boolean chomp = at < word.length() && word.charAt(at) == '-';
        if (chomp) {
            at++;
        }
        while (at < word.length()
                && (word.charAt(at) == ' '
                        || word.charAt(at) >= '\t' && word.charAt(at) <= '\r' && word.charAt(at) != 0x0B)) {
            at++;
        }
        String rest = word.substring(at);
        if (rest.isEmpty() || rest.indexOf('<') >= 0) {
            return null;
        }
        List<String> names = ShellLexer.ofHeredocName(false, budget)
                .process(rest, ShellLexer.Variables.NONE)
                .words();
        if (names.size() != 1) {
            return null;
        }
        List<String> raw = ShellLexer.ofHeredocName(true, budget)
                .process(rest, ShellLexer.Variables.NONE)
                .words();
        if (raw.size() != 1) {
            throw new LexerException("internal lexing of heredoc produced inconsistent results: " + GoText.shown(rest));
        }
        return new Heredoc(names.get(0), quotes(names.get(0)) == quotes(raw.get(0)), chomp, "");
    }

    private static long quotes(String word) {
        return word.chars().filter(c -> c == '\'' || c == '"').count();
    }

    /** {@code newNodeFromLine} */
    private Node node(String instruction, Source source) throws DockerfileException {
        return node(instruction, 0, instruction.length(), source, false);
    }

    private Node node(String instruction, int begin, int stop, Source source, boolean insideTrigger)
            throws DockerfileException {
        int from = GoText.skipSpaces(instruction, begin, stop);
        int to = GoText.trimEnd(instruction, from, stop);
        int keywordEnd = from;
        while (keywordEnd < to && !GoText.isSeparator(instruction.charAt(keywordEnd))) {
            keywordEnd++;
        }
        String keyword = instruction.substring(from, keywordEnd);
        String lowered = GoText.lower(keyword);
        int argsAt = keywordEnd;
        while (argsAt < to && GoText.isSeparator(instruction.charAt(argsAt))) {
            argsAt++;
        }
        List<Word> flags = new ArrayList<>(2);
        int restAt = flags(instruction, argsAt, to, flags);
        restAt = GoText.skipSpaces(instruction, restAt, to);
        String line = begin == 0 && stop == instruction.length() ? instruction : instruction.substring(begin, stop);
        Form form = FORMS.get(lowered);
        if (form == null) {
            return new Node(keyword, lowered, line, flags, List.of(Word.of("")), false, null, List.of(), source);
        }
        String rest = instruction.substring(restAt, to);
        List<Word> args = List.of();
        boolean json = false;
        Node trigger = null;
        switch (form) {
            case WORDS -> args = words(rest, restAt);
            case TEXT -> args = rest.isEmpty() ? List.of() : List.of(new Word(rest, restAt, to));
            case NAMES -> args = names(rest);
            case NAMES_AND_VALUES -> args = namesAndValues(rest, lowered, source);
            case WORDS_OR_JSON, TEXT_OR_JSON -> {
                List<Word> strings = jsonStrings(rest, source);
                json = strings != null;
                if (json) {
                    args = strings;
                } else if (form == Form.WORDS_OR_JSON) {
                    args = words(rest, restAt);
                } else {
                    args = rest.isEmpty() ? List.of() : List.of(new Word(rest, restAt, to));
                }
            }
            case HEALTH -> {
                int typeEnd = 0;
                while (typeEnd < rest.length() && !GoText.isSpace(rest.charAt(typeEnd))) {
                    typeEnd++;
                }
                int commandAt = typeEnd;
                while (commandAt < rest.length() && GoText.isSpace(rest.charAt(commandAt))) {
                    commandAt++;
                }
                if (typeEnd > 0) {
                    args = new ArrayList<>();
                    args.add(Word.of(rest.substring(0, typeEnd)));
                    String command = rest.substring(commandAt);
                    List<Word> strings = jsonStrings(command, source);
                    json = strings != null;
                    if (json) {
                        args.addAll(strings);
                    } else if (!command.isEmpty()) {
                        args.add(Word.of(command));
                    }
                }
            }
            case INSTRUCTION -> {
                if (!rest.isEmpty()) {
                    if (insideTrigger) {
                        // deeper ones are refused all the same, and a chain of them must not use up the stack
                        throw new DockerfileException(
                                source.place(0, 0), "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
                    }
                    trigger = node(instruction, restAt, to, source, true);
                    args = new ArrayList<>();
                    args.add(Word.of(trigger.keyword()));
                    args.addAll(trigger.args());
                }
            }
        }
        return new Node(keyword, lowered, line, flags, args, json, trigger, List.of(), source);
    }

    private static List<Word> words(String rest, int offset) {
        List<Word> words = new ArrayList<>(4);
        int at = 0;
        while (at < rest.length()) {
            int end = at;
            while (end < rest.length() && !GoText.isSeparator(rest.charAt(end))) {
                end++;
            }
            words.add(new Word(rest.substring(at, end), offset + at, offset + end));
            at = end;
            while (at < rest.length() && GoText.isSeparator(rest.charAt(at))) {
                at++;
            }
        }
        return words;
    }

    /** Null when the text is no JSON array. */
    private static List<Word> jsonStrings(String rest, Source source) throws DockerfileException {
        int from = GoText.skipSpaces(rest, 0, rest.length());
        if (from == rest.length() || rest.charAt(from) != '[') {
            return null;
        }
        GoJson.Array array = GoJson.array(rest.substring(from));
        if (array == null) {
            return null;
        }
        if (array.strings() == null) {
            throw new DockerfileException(
                    source.place(0, 0), "when using JSON array syntax, arrays must be comprised of strings only");
        }
        return array.strings().stream().map(Word::of).toList();
    }

    /** {@code parseWords}: words with their quotes, by characters. */
    private List<Word> names(String rest) {
        List<Word> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inSpaces = true;
        int quote = 0;
        boolean blankCounts = false;
        int at = 0;
        while (at < rest.length()) {
            int rune = GoText.rune(rest, at);
            int width = GoText.width(rest, at);
            if (inSpaces) {
                if (GoText.isSpace(rune)) {
                    at += width;
                    continue;
                }
                inSpaces = false;
            }
            if (quote == 0) {
                if (GoText.isSpace(rune)) {
                    inSpaces = true;
                    if (blankCounts || word.length() > 0) {
                        words.add(Word.of(word.toString()));
                    }
                    word.setLength(0);
                    blankCounts = false;
                    at += width;
                    continue;
                }
                if (rune == '\'' || rune == '"') {
                    quote = rune;
                    blankCounts = true;
                }
                if (rune == escape) {
                    at += width;
                    if (at == rest.length()) {
                        break;
                    }
                    GoText.append(word, rune);
                    rune = GoText.rune(rest, at);
                    width = GoText.width(rest, at);
                }
            } else {
                if (rune == quote) {
                    quote = 0;
                    GoText.append(word, rune);
                    at += width;
                    continue;
                }
                if (rune == escape && quote != '\'') {
                    at += width;
                    if (at == rest.length()) {
                        break;
                    }
                    GoText.append(word, rune);
                    rune = GoText.rune(rest, at);
                    width = GoText.width(rest, at);
                }
            }
            GoText.append(word, rune);
            at += width;
        }
        if (!inSpaces && (blankCounts || word.length() > 0)) {
            words.add(Word.of(word.toString()));
        }
        return words;
    }

    private List<Word> namesAndValues(String rest, String instruction, Source source) throws DockerfileException {
        List<Word> words = names(rest);
        if (words.isEmpty()) {
            return List.of();
        }
        List<Word> parts = new ArrayList<>(words.size() * 3);
        if (words.get(0).text().indexOf('=') < 0) {
            int end = 0;
            while (end < rest.length() && !GoText.isSeparator(rest.charAt(end))) {
                end++;
            }
            if (end == rest.length()) {
                throw new DockerfileException(
                        source.place(0, 0),
                        instruction.toUpperCase(java.util.Locale.ROOT) + " must have two arguments");
            }
            int value = end;
            while (value < rest.length() && GoText.isSeparator(rest.charAt(value))) {
                value++;
            }
            parts.add(Word.of(rest.substring(0, end)));
            parts.add(Word.of(rest.substring(value)));
            parts.add(Word.of(""));
            return parts;
        }
        for (Word word : words) {
            int equals = word.text().indexOf('=');
            if (equals < 0) {
                throw new DockerfileException(
                        source.place(0, 0),
                        "Syntax error - can't find = in \"" + GoText.shown(word.text())
                                + "\". Must be of the form: name=value");
            }
            parts.add(Word.of(word.text().substring(0, equals)));
            parts.add(Word.of(word.text().substring(equals + 1)));
            parts.add(Word.of("="));
        }
        return parts;
    }

    /** {@code extractBuilderFlags}, byte by byte: where the arguments begin behind the flags. */
    private int flags(String line, int from, int to, List<Word> flags) {
        StringBuilder word = new StringBuilder();
        boolean inSpaces = true;
        char quote = 0;
        boolean blankCounts = false;
        int wordStart = from;
        int at = from;
        for (; at < to; at++) {
            char c = line.charAt(at);
            if (inSpaces) {
                if (GoText.isSpace(c)) {
                    continue;
                }
                if (c != '-' || at + 1 == to || line.charAt(at + 1) != '-') {
                    return at;
                }
                inSpaces = false;
                wordStart = at;
            }
            if (quote == 0) {
                if (GoText.isSpace(c)) {
                    inSpaces = true;
                    String text = word.toString();
                    if (text.equals("--")) {
                        return at;
                    }
                    if (blankCounts || !text.isEmpty()) {
                        flags.add(new Word(text, wordStart, at));
                    }
                    word.setLength(0);
                    blankCounts = false;
                    continue;
                }
                if (c == '\'' || c == '"') {
                    quote = c;
                    blankCounts = true;
                    continue;
                }
            } else if (c == quote) {
                quote = 0;
                continue;
            }
            if (c == escape) {
                if (at + 1 == to) {
                    quote = 0;
                    continue;
                }
                c = line.charAt(++at);
            }
            GoText.append(word, c);
        }
        if (!inSpaces && !word.toString().equals("--") && (blankCounts || word.length() > 0)) {
            flags.add(new Word(word.toString(), wordStart, to));
        }
        return to;
    }
}
