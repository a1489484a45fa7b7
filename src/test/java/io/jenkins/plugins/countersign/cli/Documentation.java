package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the project's pages show to be copied: fenced blocks and inline code. A fence says by its language what is in it; where the
 * language is ours and others', the content says it. What says nothing, or something unknown, is an error.
 */
public final class Documentation {

    /** The project's folder, which is the one above where cli/pom.xml runs the tests. */
    public static final Path PROJECT = Files.exists(Path.of("README.md")) ? Path.of("") : Path.of("..");

    private static final Pattern FENCE = Pattern.compile("(?ms)^( *)```([^\n`]*)\n(.*?)^ *```$");
    private static final Pattern INLINE = Pattern.compile("(?<!`)`([^`]+)`(?!`)");
    private static final Pattern HTML = Pattern.compile("<code>([^<]+)</code>");

    public enum Kind {
        PIPELINE,
        JOB_DSL,
        CONFIGURATION_AS_CODE,
        TRUST_POLICY,
        TRUST_POLICY_PART,
        APPROVAL,
        RECORD,
        LEDGER_LINE,
        TOKEN_URI,
        /** Each line is a command. */
        COMMANDS,
        /** Lines after {@code $} are commands, the others what they print. */
        SESSION,
        /** Method, address and what it is for, on each line. */
        REQUESTS,
        /** What something prints, or a picture made of letters. */
        TEXT,
        /** Another program's configuration. */
        FOREIGN
    }

    private static final Map<String, Kind> BY_LANGUAGE = Map.of(
            "groovy", Kind.PIPELINE,
            "http", Kind.REQUESTS,
            "groovy job-dsl", Kind.JOB_DSL,
            "pkcs11", Kind.TOKEN_URI,
            "sh", Kind.COMMANDS,
            "console", Kind.SESSION,
            "text", Kind.TEXT,
            "yaml distribution", Kind.FOREIGN,
            "json containers-policy", Kind.FOREIGN);

    private static final Set<String> ROOTS_OF_CONFIGURATION_AS_CODE =
            Set.of("credentials", "jenkins", "jobs", "security", "tool", "unclassified");

    static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    static final ObjectMapper YAML = new YAMLMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    /** A piece of a page. */
    public record Shown(Path page, int line, String language, String text) {

        public Kind kind() {
            Kind declared = BY_LANGUAGE.get(language);
            if (declared != null) {
                return declared;
            }
            try {
                if (language.equals("yaml")) {
                    Set<String> roots = roots(YAML.readTree(text));
                    if (ROOTS_OF_CONFIGURATION_AS_CODE.containsAll(roots)) {
                        return Kind.CONFIGURATION_AS_CODE;
                    }
                    return roots.contains("version") ? Kind.TRUST_POLICY : Kind.TRUST_POLICY_PART;
                } else if (language.equals("json")) {
                    if (text.contains("\"previous\"")) {
                        return Kind.LEDGER_LINE;
                    } else if (JSON.readTree(text).has("_type")) {
                        return Kind.APPROVAL;
                    } else if (JSON.readTree(text).has("type")) {
                        return Kind.RECORD;
                    }
                }
            } catch (JsonProcessingException e) {
                throw new AssertionError(this + ": " + e.getMessage(), e);
            }
            throw new AssertionError(
                    this + ": a block \"" + language + "\" that no test knows. Its fence names what is in it: yaml,"
                            + " json or one of " + new TreeSet<>(BY_LANGUAGE.keySet()));
        }

        private static Set<String> roots(JsonNode tree) {
            Set<String> roots = new TreeSet<>();
            tree.fieldNames().forEachRemaining(roots::add);
            return roots;
        }

        @Override
        public String toString() {
            return page + ":" + line;
        }
    }

    private Documentation() {}

    /** README.md, CONTRIBUTING.md and docs/*.md, as seen from the project's folder. */
    public static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")));
        pages.addAll(files("docs", "docs/[^/]+\\.md"));
        return pages;
    }

    /** Help of fields and steps, in all languages. */
    static List<Path> helps() throws IOException {
        return files("src/main/resources", ".*/help[^/]*\\.html");
    }

    static List<Path> files(String folder, String pattern) throws IOException {
        try (Stream<Path> all = Files.walk(PROJECT.resolve(folder))) {
            return all.filter(Files::isRegularFile)
                    .map(PROJECT::relativize)
                    .filter(file -> file.toString().matches(pattern))
                    .sorted()
                    .toList();
        }
    }

    public static String read(Path page) throws IOException {
        return Files.readString(PROJECT.resolve(page));
    }

    public static List<Shown> blocks(Kind... wanted) throws IOException {
        List<Shown> blocks = new ArrayList<>();
        for (Path page : pages()) {
            String text = read(page);
            Matcher fence = FENCE.matcher(text);
            int fences = 0;
            while (fence.find()) {
                String block = fence.group(3).replaceAll("(?m)^" + fence.group(1), "");
                blocks.add(new Shown(
                        page, line(text, fence.start()), fence.group(2).strip(), block));
                fences++;
            }
            if (fences * 2
                    != text.lines()
                            .filter(line -> line.strip().startsWith("```"))
                            .count()) {
                throw new AssertionError(page + ": a fence is not closed, or not alone on its line");
            }
            noOtherBlocks(page, text);
        }
        return blocks.stream()
                .filter(block -> wanted.length == 0 || Arrays.asList(wanted).contains(block.kind()))
                .toList();
    }

    /** Inline code of all pages and helps, each on one line. */
    public static List<Shown> inline() throws IOException {
        List<Shown> inline = new ArrayList<>();
        for (Path page : pages()) {
            collect(page, INLINE, withoutFences(read(page)), inline);
        }
        for (Path help : helps()) {
            noOtherBlocks(help, read(help));
            collect(help, HTML, read(help), inline);
        }
        return inline;
    }

    /** Markdown and HTML know other ways to show a block, which nobody would read here. */
    private static void noOtherBlocks(Path page, String text) {
        if (Pattern.compile("(?m)^ *~~~|<pre").matcher(text).find()) {
            throw new AssertionError(page + ": a block that is not between ```");
        }
    }

    private static void collect(Path page, Pattern pattern, String text, List<Shown> into) {
        Matcher code = pattern.matcher(text);
        while (code.find()) {
            String one = code.group(1).replaceAll("\\s+", " ");
            if (pattern == HTML) {
                one = one.replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&quot;", "\"")
                        .replace("&amp;", "&");
            }
            into.add(new Shown(page, line(text, code.start()), "", one));
        }
    }

    /** With as many lines as before. */
    static String withoutFences(String text) {
        return FENCE.matcher(text)
                .replaceAll(fence -> "\n".repeat((int) fence.group().lines().count() - 1));
    }

    private static int line(String text, int at) {
        return (int) text.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
    }
}
