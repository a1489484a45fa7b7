package io.jenkins.plugins.countersign.engine.sentence;

import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.ResourceBundle.Control;
import java.util.Set;
import java.util.regex.Pattern;

/** The words of sentences. */
final class Wording {

    private static final String ENGINE = "io.jenkins.plugins.countersign.engine.";
    private static final Pattern KEY = Pattern.compile("([a-z]+(?:\\.[a-z]+)*)\\.([a-z][A-Za-z0-9]*)");
    /** Without it a reader whose language is missing would get that of the machine instead of English. */
    private static final Control NO_FALLBACK = Control.getNoFallbackControl(Control.FORMAT_PROPERTIES);

    private static final Set<String> LISTS = Set.of(
            "sentence.commas",
            "sentence.clauses",
            "sentence.semicolons",
            "sentence.and",
            "sentence.commaAnd",
            "sentence.or");

    private Wording() {}

    /** These join as many arguments as they have; their pattern joins two. */
    static boolean isList(String key) {
        return LISTS.contains(key);
    }

    static boolean isKnown(String key, int arguments) {
        return isList(key)
                || pattern(key, Locale.ROOT)
                        .map(pattern -> places(pattern) <= arguments)
                        .orElse(false);
    }

    static int places(String pattern) {
        return new MessageFormat(pattern, Locale.ROOT).getFormatsByArgumentIndex().length;
    }

    /** A gate must say why it holds even if words for it are missing; a test finds that they are. */
    static String format(String key, Locale locale, List<String> arguments) {
        return pattern(key, locale)
                .map(pattern -> new MessageFormat(pattern, locale).format(arguments.toArray()))
                .orElseGet(() -> key + " " + arguments);
    }

    private static Optional<String> pattern(String key, Locale locale) {
        var parts = KEY.matcher(key);
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ResourceBundle.getBundle(
                            ENGINE + parts.group(1) + ".Sentences", locale, Wording.class.getClassLoader(), NO_FALLBACK)
                    .getString(parts.group(2)));
        } catch (MissingResourceException e) {
            return Optional.empty();
        }
    }
}
