package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.cli.Documentation.Kind;
import io.jenkins.plugins.countersign.cli.Documentation.Shown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/** Every command line that the documentation shows is one, every link leads somewhere, every file that it names is there. */
public class DocumentationTest {

    private static final Set<String> OURS = Set.of("countersign", "cli/countersign", "$COUNTERSIGN");

    /** Programs of others; their options are not ours to check. A word that is neither is a misspelling. */
    private static final Set<String> FOREIGN = Set.of(
            "az", "buildah", "cat", "command", "cosign", "curl", "export", "for", "gcloud", "git", "jq", "openssl",
            "printf", "read", "rm", "set", "trivy", "wc");

    /** Options that the pages speak of without saying whose they are in the same code. */
    private static final Set<String> FOREIGN_OPTIONS = Set.of(
            "--insecure-ignore-tlog", // cosign
            "--new-bundle-format", // cosign
            "--trusted-root", // cosign
            "--build-context", // buildx
            "--push-auth-service-account", // gcloud
            "--push-auth-token-audience"); // gcloud

    private static final CommandLine TREE = line();

    private final List<String> faults = new ArrayList<>();

    private static CommandLine line() {
        CommandLine line = new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
        allowErrors(line);
        return line;
    }

    @Test
    public void everyBlockSaysWhatItIs() throws Exception {
        Map<Kind, Integer> counted = new TreeMap<>();
        for (Shown block : Documentation.blocks()) {
            try {
                counted.merge(block.kind(), 1, Integer::sum);
                if (block.kind() == Kind.TEXT && block.text().matches("(?sm).*^(\\$ |countersign ).*")) {
                    faults.add(block + ": a command in a block that says that it is text");
                }
            } catch (AssertionError e) {
                faults.add(e.getMessage());
            }
        }
        assertEquals("", String.join("\n", faults));
        assertEquals("a kind without a block has lost them", Kind.values().length, counted.size());
    }

    @Test
    public void everyCommandIsOne() throws Exception {
        int checked = 0;
        for (Shown block : Documentation.blocks(Kind.COMMANDS, Kind.SESSION)) {
            checked += commands(block, block.kind() == Kind.SESSION ? typed(block.text()) : block.text());
        }
        for (Path script : Documentation.files("docs/example", ".*\\.sh")) {
            checked += commands(new Shown(script, 1, "sh", ""), Documentation.read(script));
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked >= 20);
    }

    /** What stands after {@code $}, to the end of a line that is not continued. */
    private static String typed(String session) {
        return Pattern.compile("(?m)^\\$ ((?:[^\n]*\\\\\n)*[^\n]*)$")
                .matcher(session)
                .results()
                .map(command -> command.group(1))
                .collect(Collectors.joining("\n"));
    }

    private int commands(Shown from, String script) throws Exception {
        int ours = 0;
        List<List<String>> commands = ShellCommands.of(script);
        if (commands.isEmpty()) {
            faults.add(from + ": no command in it");
        }
        for (List<String> command : commands) {
            String program = command.get(0);
            if (OURS.contains(program)) {
                parse(from, command.subList(1, command.size()), false);
                ours++;
            } else if (program.startsWith("./") && Files.exists(Documentation.PROJECT.resolve(program))) {
                ours++;
            } else if (!FOREIGN.contains(program)) {
                faults.add(from + ": \"" + program + "\" is no program that these pages know: " + command);
            }
        }
        return ours;
    }

    /** A sentence names a command and what it is about: it may leave out what the command needs, and put a WORD for a value. */
    @Test
    public void everyCommandNamedInASentenceIsThere() throws Exception {
        int checked = 0;
        for (Shown code : Documentation.inline()) {
            List<String> words = Arrays.asList(code.text().split(" "));
            boolean command = OURS.contains(words.get(0)) && words.size() > 1;
            boolean shortened = TREE.getSubcommands().containsKey(words.get(0))
                    && words.stream().anyMatch(word -> word.startsWith("--"));
            if (command || shortened) {
                parse(code, ShellCommands.of(code.text()).get(0).subList(command ? 1 : 0, words.size()), true);
                checked++;
            } else if (words.get(0).matches("--[a-z].*")) {
                String option = words.get(0).replaceFirst("[=\\[].*", "");
                if (!FOREIGN_OPTIONS.contains(option) && !options(TREE).contains(option)) {
                    faults.add(code + ": no command has the option " + option);
                }
                checked++;
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked >= 30);
    }

    @Test
    public void theTableOfCommandsNamesAllOfThem() throws Exception {
        Set<String> missing = leaves(TREE, "");
        Path page = Path.of("docs/command-line.md");
        String table = Documentation.read(page).replaceAll("(?s)^.*?\\| command \\| what it does \\|\n|\n\n.*$", "");
        for (String row : table.split("\n")) {
            String group = "";
            Matcher code = Pattern.compile("`([^`]+)`").matcher(row.split("\\|")[1]);
            while (code.find()) {
                List<String> words = new ArrayList<>(List.of(code.group(1).split(" ")));
                if (words.get(0).matches("[A-Z]+")) {
                    continue;
                }
                CommandLine siblings = TREE.getSubcommands().get(group);
                if (siblings != null && siblings.getSubcommands().containsKey(words.get(0))) {
                    words.add(0, group);
                }
                group = words.get(0);
                missing.remove(parse(new Shown(page, 0, "", row), words, true));
            }
        }
        assertEquals("", String.join("\n", faults));
        assertEquals("commands that " + page + " does not list", Set.of(), missing);
    }

    /** @return the qualified name of the command, without that of the program */
    private String parse(Shown from, List<String> words, boolean shortened) {
        boolean more = words.contains("…");
        List<String> arguments = words.stream()
                .filter(word -> !word.equals("…"))
                .map(word -> word.replaceAll("sha256:[0-9a-f]*…", "sha256:" + "0".repeat(64)))
                .toList();
        try {
            CommandLine.ParseResult result = TREE.parseArgs(arguments.toArray(String[]::new));
            List<Exception> errors = new ArrayList<>(result.errors());
            while (result.hasSubcommand()) {
                result = result.subcommand();
                errors.addAll(result.errors());
            }
            for (Exception error : errors) {
                boolean leftOut = error instanceof MissingParameterException && (more || shortened);
                boolean anyValue = error instanceof ParameterException wrong
                        && shortened
                        && wrong.getValue() != null
                        && wrong.getValue().matches("[A-Z]+");
                if (!leftOut && !anyValue) {
                    faults.add(from + ": countersign " + String.join(" ", words) + ": " + error.getMessage());
                }
            }
            if (result.commandSpec().subcommands().size() > 0
                    && errors.isEmpty()
                    && !shortened
                    && !result.commandSpec().name().equals("demo")
                    && !result.isUsageHelpRequested()) {
                faults.add(from + ": countersign " + String.join(" ", words) + " names no command");
            }
            return result.commandSpec().qualifiedName().replaceFirst("^countersign ?", "");
        } catch (ParameterException e) {
            faults.add(from + ": countersign " + String.join(" ", words) + ": " + e.getMessage());
            return "";
        }
    }

    private static void allowErrors(CommandLine line) {
        line.getCommandSpec().parser().collectErrors(true);
        line.getSubcommands().values().forEach(DocumentationTest::allowErrors);
    }

    private static Set<String> leaves(CommandLine line, String before) {
        Set<String> leaves = new TreeSet<>();
        for (Map.Entry<String, CommandLine> each : line.getSubcommands().entrySet()) {
            CommandLine command = each.getValue();
            String name = before + each.getKey();
            if (command.getCommandSpec().usageMessage().hidden()) {
                continue;
            }
            leaves.addAll(
                    command.getSubcommands().isEmpty() || name.equals("demo")
                            ? Set.of(name)
                            : leaves(command, name + " "));
        }
        return leaves;
    }

    private static Set<String> options(CommandLine line) {
        Set<String> options = new TreeSet<>(line.getCommandSpec().optionsMap().keySet());
        line.getSubcommands().values().forEach(each -> options.addAll(options(each)));
        return options;
    }

    @Test
    public void everyLinkLeadsSomewhere() throws Exception {
        int checked = 0;
        List<Path> pages = new ArrayList<>(Documentation.pages());
        pages.addAll(Documentation.files("bench", "bench/[^/]+\\.md"));
        for (Path page : pages) {
            String text = Documentation.withoutFences(Documentation.read(page));
            Matcher link = Pattern.compile("\\]\\(([^)\\s]+)[^)]*\\)|(?:src|href)=\"([^\"]+)\"")
                    .matcher(text);
            while (link.find()) {
                String target = link.group(1) == null ? link.group(2) : link.group(1);
                if (target.matches("(https?|mailto):.*")) {
                    continue;
                }
                checked++;
                String[] parts = target.split("#", 2);
                Path file = parts[0].isEmpty()
                        ? page
                        : page.resolveSibling(parts[0]).normalize();
                if (file.startsWith("..") || !Files.exists(Documentation.PROJECT.resolve(file))) {
                    faults.add(page + " links to " + target + ", and there is no " + file);
                } else if (parts.length > 1
                        && !anchors(Documentation.read(file)).contains(parts[1])) {
                    faults.add(page + " links to " + target + ", and no heading of " + file + " makes this anchor");
                }
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked >= 30);
    }

    /** As GitHub makes them of headings. */
    private static Set<String> anchors(String text) {
        Map<String, Integer> seen = new HashMap<>();
        Set<String> anchors = new TreeSet<>();
        for (String line : Documentation.withoutFences(text).split("\n")) {
            if (line.matches("#{1,6} .*")) {
                String anchor = line.replaceFirst("#+ ", "")
                        .strip()
                        .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
                        .toLowerCase(java.util.Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-');
                int times = seen.merge(anchor, 1, Integer::sum);
                anchors.add(times == 1 ? anchor : anchor + "-" + (times - 1));
            }
        }
        return anchors;
    }

    @Test
    public void everyFileThatIsNamedIsThere() throws Exception {
        int checked = 0;
        for (Shown code : Documentation.inline()) {
            String file = code.text().split(" ")[0];
            if (!file.matches("(\\./|src/|docs/|cli/|bench/|\\.ci/|\\.github/|[A-Z]+\\.md|Jenkinsfile|pom\\.xml).*")
                    || file.contains("/target/")) {
                continue;
            }
            checked++;
            if (!there(file)) {
                faults.add(code + ": there is no " + file);
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked >= 10);
    }

    /** Classes of ours, alone, by their full name or with a member; what tests the threat model names, ThreatModelTest knows. */
    @Test
    public void everyClassThatIsNamedIsThere() throws Exception {
        Map<String, String> sources = new HashMap<>();
        for (Path file : Documentation.files("src", ".*\\.java")) {
            sources.put(file.getFileName().toString().replace(".java", ""), Documentation.read(file));
        }
        Set<String> foreign = Set.of("ClusterImagePolicy", "ClusterPolicy"); // Kubernetes resources
        Pattern named = Pattern.compile("(?:[a-z.]+\\.)?([A-Z][a-z]\\w*[A-Z]\\w*)(?:[.#](\\w+)(?:\\(.*\\))?)?");
        int checked = 0;
        for (Shown code : Documentation.inline()) {
            Matcher name = named.matcher(code.text());
            if (!name.matches() || foreign.contains(name.group(1))) {
                continue;
            }
            checked++;
            String source = sources.get(name.group(1));
            if (source == null) {
                faults.add(code + ": there is no class " + name.group(1));
            } else if (name.group(2) != null
                    && !Pattern.compile("[ .]" + name.group(2) + "(\\(|\"| =|;)")
                            .matcher(source)
                            .find()) {
                faults.add(code + ": " + name.group(1) + " has no " + name.group(2));
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked > 100);
    }

    /** Options and commands that the help of a command speaks of. */
    @Test
    public void theHelpSpeaksOfWhatIsThere() {
        Set<String> options = options(TREE);
        Set<String> commands = leaves(TREE, "");
        help(TREE).forEach((name, help) -> {
            Matcher option = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*[a-z]").matcher(help);
            while (option.find()) {
                if (!options.contains(option.group())) {
                    faults.add("the help of " + name + " speaks of " + option.group() + ", which no command has");
                }
            }
            Matcher command =
                    Pattern.compile("countersign ([a-z][a-z-]*(?: [a-z]+)?)").matcher(help);
            while (command.find()) {
                String words = command.group(1);
                if (commands.stream().noneMatch(known -> known.startsWith(words) || words.startsWith(known + " "))) {
                    faults.add("the help of " + name + " speaks of countersign " + words);
                }
            }
        });
        assertEquals("", String.join("\n", faults));
    }

    private static Map<String, String> help(CommandLine line) {
        Map<String, String> help = new TreeMap<>();
        help.put(
                line.getCommandSpec().qualifiedName(),
                line.getUsageMessage(CommandLine.Help.Ansi.OFF).replaceAll("\\s+", " "));
        line.getSubcommands().values().forEach(each -> help.putAll(help(each)));
        return help;
    }

    /** {@code …} stands for folders between. */
    private static boolean there(String file) throws Exception {
        if (!file.contains("…/")) {
            return Files.exists(Documentation.PROJECT.resolve(file));
        }
        String[] ends = file.split("…/", 2);
        try (Stream<Path> below = Files.walk(Documentation.PROJECT.resolve(ends[0]))) {
            return below.anyMatch(one -> one.endsWith(ends[1]));
        }
    }

    @Test
    public void aCommandThatIsNoneIsFound() throws Exception {
        Map<String, String> wrong = new TreeMap<>();
        wrong.put("countersign pusch oci:app registry.example.com/app:1", "Unmatched arguments from index 0: 'pusch'");
        wrong.put("countersign sign registry.example.com/app:1 --key a.key --keys b.key", "Unknown options: '--keys'");
        wrong.put("countersign push oci:app", "Missing required parameter: 'IMAGE'");
        wrong.put(
                "countersign policy check a.yaml | countersign promote a:1 --policy p --key k --to b:1",
                "Missing required option: '--stage=");
        wrong.put("countersign audit export ledger.jsonl --after soon", "'soon' is not a long");
        wrong.put("countersign export a --format kubernets --stage s --policy p --to d", "'kubernets'");
        wrong.put("countersign policy", "countersign policy names no command");
        wrong.put("contersign key show a.pub", "\"contersign\" is no program");
        wrong.put("# no more", "no command in it");
        for (Map.Entry<String, String> one : wrong.entrySet()) {
            commands(new Shown(Path.of("sample.md"), 1, "sh", ""), one.getKey());
            assertEquals(one.getKey() + faults, 1, faults.size());
            assertThat(faults.remove(0), containsString(one.getValue()));
        }
        commands(
                new Shown(Path.of("sample.md"), 1, "sh", ""),
                "cli/countersign --help; countersign verify … --policy p.yaml");
        assertEquals(List.of(), faults);
        parse(new Shown(Path.of("sample.md"), 1, "", ""), List.of("export", "--format", "F"), true);
        assertEquals(List.of(), faults);
        parse(new Shown(Path.of("sample.md"), 1, "", ""), List.of("export", "--formt", "F"), true);
        assertThat(faults.toString(), containsString("--formt"));
    }

    @Test
    public void theShellIsReadAsAShellReadsIt() {
        assertEquals(
                List.of(
                        List.of("a", "b c", "d#e", "--x=y z"),
                        List.of("f"),
                        List.of("inner", "g"),
                        List.of("h", "substituted"),
                        List.of("cat"),
                        List.of("read", "i")),
                ShellCommands.of("V=1 a 'b c' d#e \\\n  --x=\"y z\" # comment | none\nf >out 2>&1 | h $(inner g) < in\n"
                        + "cat <<EOF\nnot a command\nEOF\nwhile read i; do done"));
        assertEquals(List.of(List.of("a", "placeholder")), ShellCommands.of("a <the secret>"));
        assertEquals(Collections.emptyList(), ShellCommands.of("# only a comment"));
    }
}
