package io.jenkins.plugins.countersign.engine.sentence;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.Test;

/** Every sentence that the code says has words in English and in Simplified Chinese, and no words wait for a sentence. */
public class SentencesTest {

    private static final String OURS = "io/jenkins/plugins/countersign";
    private static final String CALL = "Sentence.of(";
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern PLACE = Pattern.compile("\\{(\\d+)}");

    private final List<String> wrong = new ArrayList<>();

    @Test
    public void everySentenceThatIsSaidHasWordsAndPlacesForItsArguments() throws Exception {
        Map<String, String> words = words("Sentences.properties");
        Set<String> said = new TreeSet<>();
        for (Path source : files("src/main/java/" + OURS, ".java")) {
            String code = Files.readString(source);
            for (int at = code.indexOf(CALL); at >= 0; at = code.indexOf(CALL, at + 1)) {
                List<String> arguments = arguments(code, at + CALL.length());
                Matcher keys = LITERAL.matcher(arguments.get(0));
                int found = 0;
                for (; keys.find(); found++) {
                    String key = keys.group(1);
                    said.add(key);
                    if (!words.containsKey(key)) {
                        wrong.add(source + ": no words for " + key);
                    } else if (places(words.get(key)).size() != arguments.size() - 1) {
                        wrong.add(source + ": " + key + " is said with " + (arguments.size() - 1) + " arguments");
                    }
                }
                if (found == 0) {
                    wrong.add(source + ": the key must be written out in " + arguments);
                }
            }
        }
        words.keySet().stream()
                .filter(key -> !key.startsWith("sentence.") && !said.contains(key))
                .forEach(key -> wrong.add("never said: " + key));
        assertTrue("too few: " + said, said.size() > 40);
        assertEquals(List.of(), wrong);
    }

    @Test
    public void chineseIsCompleteHasTheSamePlacesAndIsChinese() throws Exception {
        Map<String, String> english = words("Sentences.properties");
        Map<String, String> chinese = words("Sentences_zh_CN.properties");
        assertEquals(english.keySet(), chinese.keySet());
        english.forEach((key, text) -> {
            String translated = chinese.get(key);
            if (!places(text).equals(places(translated))) {
                wrong.add(key + ": other places than in English");
            }
            if (hasLetters(text)
                    && !Pattern.compile("\\p{IsHan}").matcher(translated).find()) {
                wrong.add(key + ": not Chinese: " + translated);
            }
            if (Pattern.compile("[A-Za-z]+,? [A-Za-z]+ [A-Za-z]+")
                    .matcher(translated)
                    .find()) {
                wrong.add(key + ": a sentence in English: " + translated);
            }
        });
        assertEquals(List.of(), wrong);
    }

    /** A lone apostrophe quotes: it swallows itself and all places after it. A place may only have a number. */
    @Test
    public void everyPatternShowsAllOfItsPlaces() throws Exception {
        for (String file : List.of("Sentences.properties", "Sentences_zh_CN.properties")) {
            words(file).forEach((key, text) -> {
                Set<Integer> places = places(text);
                if (text.replace("''", "").contains("'")
                        || PLACE.matcher(text).replaceAll("").matches(".*[{}].*")) {
                    wrong.add(file + " " + key + ": an apostrophe or a brace is wrong: " + text);
                }
                if (!places.equals(IntStream.range(0, places.size()).boxed().collect(Collectors.toSet()))) {
                    wrong.add(file + " " + key + ": places are left out: " + places);
                }
                if (Wording.places(text) != places.size()) {
                    wrong.add(file + " " + key + ": a place is quoted");
                }
            });
        }
        assertEquals(List.of(), wrong);
    }

    private static boolean hasLetters(String text) {
        return PLACE.matcher(text).replaceAll("").matches("(?s).*[A-Za-z].*");
    }

    private static Set<Integer> places(String text) {
        return PLACE.matcher(text)
                .results()
                .map(place -> Integer.valueOf(place.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What stands between the commas of a call, up to its end. */
    private static List<String> arguments(String code, int start) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int begin = start;
        boolean text = false;
        for (int i = start; ; i++) {
            char c = code.charAt(i);
            if (text) {
                text = c != '"';
                i += c == '\\' ? 1 : 0;
            } else if (c == '"') {
                text = true;
            } else if (c == '(') {
                depth++;
            } else if (depth == 0 && (c == ',' || c == ')')) {
                arguments.add(code.substring(begin, i).strip());
                begin = i + 1;
                if (c == ')') {
                    return arguments;
                }
            } else if (c == ')') {
                depth--;
            }
        }
    }

    /** By key as it is said: package below the engine, and name. */
    private static Map<String, String> words(String name) throws IOException {
        Map<String, String> words = new TreeMap<>();
        Path engine = folder("src/main/resources/" + OURS + "/engine");
        for (Path file : files("src/main/resources/" + OURS + "/engine", "/" + name)) {
            Properties texts = new Properties();
            try (Reader in = Files.newBufferedReader(file)) {
                texts.load(in);
            }
            String speaker = engine.relativize(file.getParent()).toString().replace('/', '.');
            texts.forEach((key, text) -> words.put(speaker + "." + key, (String) text));
        }
        return words;
    }

    private static List<Path> files(String folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder(folder))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    /** Tests run in the folder of either pom. */
    private static Path folder(String name) {
        return Files.isDirectory(Path.of(name)) ? Path.of(name) : Path.of("..", name);
    }
}
