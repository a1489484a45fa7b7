package io.jenkins.plugins.countersign;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.Test;

/** Each text exists in English and in Simplified Chinese, with the same places for what is filled in. */
public class TextsTest {

    private static final Path RESOURCES = Path.of("src/main/resources/io/jenkins/plugins/countersign");
    private static final Pattern KEY = Pattern.compile("\\$\\{%([^}(]+)(?:\\((?:[^()]|\\([^()]*\\))*\\))?}");
    private static final Pattern WORDS = Pattern.compile(
            ">[^<>]*[A-Za-z]{2}[^<>]*<"
                    + "|\\b(?:title|header|add|addCaption|placeholder|description|tooltip|message|progress|aria-label)=\"[^\"]*[A-Za-z]{2}[^\"]*\"");
    private static final String CHINESE = "_zh_CN.properties";

    @Test
    public void everyMessageIsInBothLanguages() throws Exception {
        List<String> wrong = new ArrayList<>();
        int looked = 0;
        for (Path english : files("Messages.properties")) {
            Properties texts = load(english);
            Properties translated = load(english.resolveSibling("Messages" + CHINESE));
            looked += texts.size();
            compare(english, texts.stringPropertyNames(), translated.stringPropertyNames(), wrong);
            for (String key : texts.stringPropertyNames()) {
                if (places(texts.getProperty(key)) != places(translated.getProperty(key, ""))) {
                    wrong.add(english + " " + key + ": other places than in English");
                }
            }
        }
        assertTrue("too few: " + looked, looked > 100);
        assertEquals(List.of(), wrong);
    }

    @Test
    public void everyTextOfAPageIsInBothLanguages() throws Exception {
        List<String> wrong = new ArrayList<>();
        int looked = 0;
        for (Path page : files(".jelly")) {
            Set<String> used = new TreeSet<>();
            Matcher matcher = KEY.matcher(Files.readString(page));
            while (matcher.find()) {
                used.add(matcher.group(1));
            }
            looked += used.size();
            String name = page.getFileName().toString().replace(".jelly", "");
            compare(page, used, load(page.resolveSibling(name + CHINESE)).stringPropertyNames(), wrong);
        }
        assertTrue("too few: " + looked, looked > 60);
        assertEquals(List.of(), wrong);
    }

    /** Words between tags, and in the attributes that people read, that are no text of a properties file. */
    @Test
    public void noTextIsWrittenIntoAPage() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Path page : files(".jelly")) {
            String bare =
                    Files.readString(page).replaceAll("(?s)<!--.*?-->", "").replaceAll("\\$\\{[^}]*}", "");
            Matcher matcher = WORDS.matcher(bare);
            while (matcher.find()) {
                if (!matcher.group().equals(">SARIF<")) {
                    wrong.add(page + ": " + matcher.group());
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    public void everyPageOfHelpIsInBothLanguages() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Path help : files(".html")) {
            String name = help.getFileName().toString();
            String other = name.endsWith("_zh_CN.html")
                    ? name.replace("_zh_CN.html", ".html")
                    : name.replace(".html", "_zh_CN.html");
            if (!Files.exists(help.resolveSibling(other))) {
                wrong.add(help + ": no " + other);
            } else if (other.endsWith("_zh_CN.html")
                    && codes(help).size() > 0
                    && !codes(help).equals(codes(help.resolveSibling(other)))) {
                wrong.add(help + ": " + codes(help) + " is " + codes(help.resolveSibling(other)) + " in " + other);
            }
        }
        assertEquals(List.of(), wrong);
    }

    /** What stands as code is the same in every language. */
    private static Set<String> codes(Path help) throws Exception {
        Set<String> codes = new TreeSet<>();
        Matcher matcher = Pattern.compile("<code>(.*?)</code>", Pattern.DOTALL).matcher(Files.readString(help));
        while (matcher.find()) {
            codes.add(matcher.group(1).replaceAll("\\s+", " "));
        }
        return codes;
    }

    private static void compare(Path file, Set<String> english, Set<String> chinese, List<String> wrong) {
        Set<String> missing = new TreeSet<>(english);
        missing.removeAll(chinese);
        Set<String> unused = new TreeSet<>(chinese);
        unused.removeAll(english);
        missing.forEach(key -> wrong.add(file + ": not in Chinese: " + key));
        unused.forEach(key -> wrong.add(file + ": only in Chinese: " + key));
    }

    private static int places(String text) {
        return new MessageFormat(text).getFormatsByArgumentIndex().length;
    }

    private static List<Path> files(String ending) throws Exception {
        try (Stream<Path> files = Files.walk(RESOURCES)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    /** As Stapler and the generated messages read it; empty where there is none. */
    private static Properties load(Path file) throws Exception {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                properties.load(in);
            }
        }
        return properties;
    }
}
