package io.jenkins.plugins.countersign.engine.trust;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * When two names are one: {@code Bob}, {@code bob} and {@code Ｂｏｂ} are one person, or a team of two could be one person
 * who writes the name twice.
 */
public final class Names {

    private static final int MAX_LENGTH = 128;
    private static final Pattern PERSON = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}._@+-]*");
    private static final Pattern WORD = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?");
    private static final Set<UnicodeScript> SHARED = EnumSet.of(UnicodeScript.COMMON, UnicodeScript.INHERITED);

    private Names() {}

    /** The form in which names are compared: NFKC, without case. */
    public static String fold(String name) {
        String folded = Normalizer.normalize(name, Normalizer.Form.NFKC);
        // Upper case first: "ß" and "SS" differ by lower-casing alone.
        folded = folded.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
        return Normalizer.normalize(folded, Normalizer.Form.NFKC);
    }

    /** Whether both name the same person. */
    public static boolean same(String one, String other) {
        return fold(one).equals(fold(other));
    }

    /** What is wrong with the name of a person; empty when nothing is. */
    static String personFault(String name) {
        if (name.isEmpty() || name.length() > MAX_LENGTH) {
            return "a name has 1 to " + MAX_LENGTH + " characters";
        }
        if (!PERSON.matcher(name).matches()) {
            return "a name begins with a letter or digit and has letters, digits and . _ @ + - only";
        }
        UnicodeScript script = null;
        for (int codePoint : name.codePoints().toArray()) {
            UnicodeScript next = UnicodeScript.of(codePoint);
            if (SHARED.contains(next)) {
                continue;
            }
            if (script != null && script != next) {
                return "the name mixes " + script + " and " + next + " letters, which can look alike";
            }
            script = next;
        }
        return "";
    }

    /** Whether the text may name a role, a stage or a policy. */
    static boolean isWord(String text) {
        return WORD.matcher(text).matches();
    }
}
