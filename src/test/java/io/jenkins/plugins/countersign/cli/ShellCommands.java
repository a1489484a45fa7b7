package io.jenkins.plugins.countersign.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of a shell text, each as its words: comments, redirections, assignments and the shell's own words are gone, what a
 * pipe joins is apart, and {@code $(…)} is a word of its own and commands of its own. As much of a shell as documentation needs.
 */
final class ShellCommands {

    private static final Pattern HERE_DOCUMENT = Pattern.compile("(?ms)<<-?['\"]?(\\w+)['\"]?([^\n]*\n).*?^\\1$");
    /** What the reader puts in: {@code <the secret>}. */
    private static final Pattern PLACEHOLDER = Pattern.compile("<[a-z][a-z /-]*>");

    private static final Set<String> SHELL = Set.of("do", "done", "then", "else", "fi", "if", "while", "!");

    private final String text;
    private final List<List<String>> commands = new ArrayList<>();
    private List<String> command = new ArrayList<>();
    private StringBuilder word;
    private boolean dropped;
    private int at;

    private ShellCommands(String text) {
        this.text = text;
    }

    static List<List<String>> of(String text) {
        String plain = HERE_DOCUMENT.matcher(text).replaceAll(here -> Matcher.quoteReplacement(here.group(2)));
        plain = PLACEHOLDER.matcher(plain).replaceAll("placeholder").replace("\\\n", " ");
        return new ShellCommands(plain).read();
    }

    private List<List<String>> read() {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '#' && word == null) {
                at = end('\n');
            } else if (c == '\n' || c == ';' || c == '|' || c == '&') {
                endCommand();
            } else if (Character.isWhitespace(c)) {
                endWord();
            } else if (c == '>' || c == '<') {
                if (word != null && !word.toString().matches("\\d")) {
                    endWord();
                }
                word = null;
                while (at < text.length() && ">&".indexOf(text.charAt(at)) >= 0) {
                    at++;
                }
                dropped = true;
            } else if (c == '\'') {
                int end = end('\'');
                append(text.substring(at, end));
                at = end + 1;
            } else if (c == '"') {
                append("");
                for (c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
                    append(c == '$' ? substitution() : String.valueOf(c == '\\' ? text.charAt(at++) : c));
                }
            } else {
                append(c == '$' ? substitution() : String.valueOf(c == '\\' ? text.charAt(at++) : c));
            }
        }
        endCommand();
        return commands;
    }

    /** After a dollar: {@code $(…)} is read as commands, {@code ${…}} and {@code $name} stay. */
    private String substitution() {
        if (at >= text.length() || text.charAt(at) != '(') {
            return "$";
        }
        int depth = 1;
        int start = ++at;
        while (depth > 0) {
            char c = text.charAt(at++);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        commands.addAll(of(text.substring(start, at - 1)));
        return "substituted";
    }

    private int end(char c) {
        int end = text.indexOf(c, at);
        return end < 0 ? text.length() : end;
    }

    private void append(String more) {
        if (word == null) {
            word = new StringBuilder();
        }
        word.append(more);
    }

    private void endWord() {
        if (word == null) {
            return;
        }
        String one = word.toString();
        word = null;
        if (dropped) {
            dropped = false;
        } else if (!command.isEmpty() || !SHELL.contains(one) && !one.matches("(?s)\\w+=.*")) {
            command.add(one);
        }
    }

    private void endCommand() {
        endWord();
        if (!command.isEmpty()) {
            commands.add(command);
        }
        command = new ArrayList<>();
        dropped = false;
    }
}
