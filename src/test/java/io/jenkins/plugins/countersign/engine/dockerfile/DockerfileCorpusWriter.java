package io.jenkins.plugins.countersign.engine.dockerfile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks the oracle about every case and writes the corpus. Arguments: the oracle's program, cases.txt, corpus.jsonl. */
public final class DockerfileCorpusWriter {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private DockerfileCorpusWriter() {}

    public static void main(String[] args) throws Exception {
        List<DockerfileCase> cases = new ArrayList<>(written(Files.readString(Path.of(args[1]))));
        cases.addAll(families());
        StringBuilder corpus = new StringBuilder();
        try (DockerfileDifferential.Oracle oracle = new DockerfileDifferential.Oracle(args[0])) {
            for (DockerfileCase one : cases) {
                DockerfileCase.Answer answer = oracle.ask(one);
                if (answer == null) {
                    throw new IllegalStateException("the oracle fell over at " + one.name());
                }
                corpus.append(JSON.writeValueAsString(new DockerfileCorpus.Entry(one, answer)))
                        .append('\n');
                String difference = DockerfileDifferential.difference(one, answer);
                if (difference != null) {
                    System.out.println(one.name() + ": " + difference + "; the oracle: " + answer + " ours: "
                            + one.ours().refusal());
                }
            }
        }
        Files.writeString(Path.of(args[2]), corpus);
        System.out.println(cases.size() + " cases");
    }

    private static List<DockerfileCase> written(String text) {
        List<DockerfileCase> cases = new ArrayList<>();
        for (String block : text.substring(text.indexOf("### ")).split("(?m)^### ")) {
            if (block.isEmpty()) {
                continue;
            }
            int nameEnd = block.indexOf('\n');
            Map<String, String> arguments = new LinkedHashMap<>();
            Map<String, String> contexts = new LinkedHashMap<>();
            Map<String, List<String>> triggers = new LinkedHashMap<>();
            String target = null;
            String platform = null;
            boolean all = false;
            boolean escaped = false;
            StringBuilder file = new StringBuilder();
            for (String line : block.substring(nameEnd + 1).split("(?<=\n)")) {
                if (!line.startsWith("! ")) {
                    file.append(line);
                    continue;
                }
                String option = line.substring(2).stripTrailing();
                int blank = option.indexOf(' ');
                String value = blank < 0 ? "" : option.substring(blank + 1);
                int equals = value.indexOf('=');
                switch (blank < 0 ? option : option.substring(0, blank)) {
                    case "arg" -> arguments.put(value.substring(0, equals), value.substring(equals + 1));
                    case "context" -> contexts.put(value.substring(0, equals), value.substring(equals + 1));
                    case "onbuild" -> triggers.put(value.substring(0, equals), List.of(value.substring(equals + 1)));
                    case "target" -> target = value;
                    case "platform" -> platform = value;
                    case "all" -> all = true;
                    case "escaped" -> escaped = true;
                    default -> throw new IllegalArgumentException(line);
                }
            }
            contexts.putIfAbsent("unused-context", "docker-image://scratch");
            byte[] bytes = escaped
                    ? unescaped(file.toString().stripTrailing())
                    : file.toString().getBytes(StandardCharsets.UTF_8);
            cases.add(new DockerfileCase(
                    block.substring(0, nameEnd), bytes, target, arguments, platform, contexts, all, triggers));
        }
        return cases;
    }

    private static byte[] unescaped(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            c = text.charAt(++i);
            switch (c) {
                case 'n' -> bytes.write('\n');
                case 'r' -> bytes.write('\r');
                case 't' -> bytes.write('\t');
                case '0' -> bytes.write(0);
                case 'e' -> bytes.write('\\');
                case 'x' -> {
                    bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                case 'u' -> {
                    bytes.writeBytes(Character.toString(Integer.parseInt(text.substring(i + 1, i + 5), 16))
                            .getBytes(StandardCharsets.UTF_8));
                    i += 4;
                }
                default -> throw new IllegalArgumentException("\\" + c);
            }
        }
        return bytes.toByteArray();
    }

    /** Every modifier on every kind of value with every kind of pattern; every place of a quote or escape. */
    private static List<DockerfileCase> families() {
        List<DockerfileCase> cases = new ArrayList<>();
        String[] modifiers = {"", "-", ":-", "+", ":+", "?", ":?", "#", "##", "%", "%%", ":#", ":", "=", ":=", "^", ",,"
        };
        String[] values = {null, "", "evil.example/a/b/a"};
        for (String value : values) {
            for (String modifier : modifiers) {
                for (String word : modifier.isEmpty()
                        ? new String[] {""}
                        : new String[] {"", "x", "*a", "*/", "evil*", "$OTHER", "${OTHER:-n\\}}", "'q'", "\\*"}) {
                    add(
                            cases,
                            "modifier " + modifier + " with " + word + " on "
                                    + (value == null ? "nothing" : "\"" + value + "\""),
                            (value == null ? "" : "ARG V=" + value + "\n") + "ARG OTHER=other\nFROM x${V" + modifier
                                    + word + "}\n");
                }
            }
        }
        String[] patterns = {
            "a", "*", "?", "a*", "*a", "\\*", "\\/", "[a]", "a?b", "", "**", "\\a", ".", "+", "e*l", "/"
        };
        for (String slash : new String[] {"/", "//"}) {
            for (String pattern : patterns) {
                for (String replacement : new String[] {"", "z", "\\$0z", "$OTHER", "a\\/b"}) {
                    add(
                            cases,
                            "replace " + slash + pattern + " by " + replacement,
                            "ARG V=evil.example/a/b/a\nARG OTHER=other\nFROM ${V" + slash + pattern + "/" + replacement
                                    + "}\n");
                }
            }
        }
        for (String form : new String[] {
            "$1",
            "$@",
            "$#",
            "$$",
            "$?",
            "${1}",
            "${@}",
            "${",
            "$",
            "${}",
            "${ A}",
            "${A",
            "$_A",
            "${é}",
            "$-",
            "${-}",
            "${A:-${B:-${C:-deep}}}",
            "\"${A:-\"b\"}\"",
            "${A:-\"b c\"}",
            "'$A",
            "\\",
            "a\\",
            "\"\\q\"",
            "\"\\$A\"",
            "\"\"",
            "''x",
            "${A:-a}b${B:-c}",
            "${A//}",
            "${A/x}",
            "${A/",
            "${A#",
            "$A$B$C",
            "~",
            "x#y",
            "x;y",
            "`x`",
            "$(x)",
            "${!A}",
            "${#A}",
            "${A[0]}",
            "${A:0:1}",
            "${A@Q}"
        }) {
            add(cases, "expansion form " + form, "ARG A=\"one\"\nFROM x" + form + "\n");
        }
        for (String space : new String[] {
            "\t", "\u000B", "\f", "\r", "\u0085", "\u00A0", "\u1680", "\u2003", "\u2028", "\u202F", "\u3000", "\u200B",
            "\u180E", "\uFEFF"
        }) {
            String name = String.format("U+%04X", (int) space.charAt(0));
            add(cases, "white space " + name + " behind FROM", "FROM" + space + "evil.example/x\n");
            add(cases, "white space " + name + " before FROM", space + "FROM evil.example/x\n");
            add(cases, "white space " + name + " behind the image", "FROM evil.example/x" + space + "\n");
            add(cases, "white space " + name + " behind AS", "FROM evil.example/x AS" + space + "a\nFROM a\n");
            add(
                    cases,
                    "white space " + name + " in front of a flag",
                    "FROM alpine\nCOPY" + space + "--from=evil.example/x /a /b\n");
            add(
                    cases,
                    "white space " + name + " behind a flag",
                    "FROM alpine\nCOPY --from=evil.example/x" + space + "/a /b\n");
            add(
                    cases,
                    "white space " + name + " in a heredoc's announcement",
                    "FROM alpine\nRUN <<" + space + "EOF\nFROM evil.example/x\nEOF\n");
            add(cases, "white space " + name + " behind a continuation", "FROM alpine \\" + space + "\nAS a\nFROM a\n");
            add(cases, "white space " + name + " between arguments", "ARG A=evil.example/x" + space + "B=c\nFROM $A\n");
        }
        return cases;
    }

    private static void add(List<DockerfileCase> cases, String name, String file) {
        cases.add(new DockerfileCase(
                name,
                file.getBytes(StandardCharsets.UTF_8),
                null,
                null,
                null,
                Map.of("unused-context", "docker-image://scratch"),
                false,
                null));
    }
}
