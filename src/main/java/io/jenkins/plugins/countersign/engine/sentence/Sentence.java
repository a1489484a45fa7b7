package io.jenkins.plugins.countersign.engine.sentence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Something that the engine says to people, in the language of whoever reads it. Its words stand in the file
 * {@code Sentences.properties} of the engine package that speaks, and in {@code Sentences_zh_CN.properties} beside it, as patterns
 * of {@link java.text.MessageFormat}.
 *
 * <p>Jenkins' own {@code org.jvnet.localizer.Localizable} neither nests nor can be written as JSON, and the engine knows no Jenkins.
 *
 * @param key package below {@code engine} and name, {@code approval.policyExpired}: stable, it stands in JSON
 * @param arguments each a {@link String} or a {@link Sentence}. What another system answered is a string, in its own language.
 */
public record Sentence(String key, List<Serializable> arguments) implements Serializable {

    private static final String VERBATIM = "sentence.verbatim";

    public Sentence {
        arguments = List.copyOf(arguments);
    }

    /** Arguments that are no sentences are turned into strings here, so that no language groups the digits of a number. */
    public static Sentence of(String key, Object... arguments) {
        return new Sentence(
                key, Arrays.stream(arguments).map(Sentence::argument).toList());
    }

    private static Serializable argument(Object argument) {
        return argument instanceof Sentence sentence ? sentence : String.valueOf(argument);
    }

    /** What is the same in every language: a name, or somebody else's words. */
    public static Sentence verbatim(String text) {
        return of(VERBATIM, text);
    }

    /** {@code a, b, c} */
    public static Sentence commas(Collection<?> parts) {
        return of("sentence.commas", parts.toArray());
    }

    /** {@code a, b, c}: parts of a sentence, not of a list. */
    public static Sentence clauses(Collection<?> parts) {
        return of("sentence.clauses", parts.toArray());
    }

    /** {@code a; b; c} */
    public static Sentence semicolons(Collection<?> parts) {
        return of("sentence.semicolons", parts.toArray());
    }

    /** {@code a and b and c} */
    public static Sentence and(Collection<?> parts) {
        return of("sentence.and", parts.toArray());
    }

    /** {@code a, and b, and c}: parts that have a comma or an "and" of their own. */
    public static Sentence commaAnd(Collection<?> parts) {
        return of("sentence.commaAnd", parts.toArray());
    }

    /** {@code a or b or c} */
    public static Sentence or(Collection<?> parts) {
        return of("sentence.or", parts.toArray());
    }

    /** In English: for logs, the ledger, JSON and the command line. */
    public String text() {
        return text(Locale.ROOT);
    }

    /** In the reader's language if there is a translation, else in English, whatever this machine's own language is. */
    public String text(Locale locale) {
        List<String> texts = arguments.stream()
                .map(argument -> argument instanceof Sentence nested ? nested.text(locale) : (String) argument)
                .toList();
        return Wording.isList(key)
                ? texts.stream().collect(Collectors.joining(Wording.format(key, locale, List.of("", ""))))
                : Wording.format(key, locale, texts);
    }

    /** Compact, for what is stored and for machines: {@code ["approval.rejected","alice",["trust.requirement","2","qa"]]}. */
    public ArrayNode toJson() {
        return SentenceJson.write(this);
    }

    /**
     * What {@link #toJson} wrote, perhaps in another version of this program.
     *
     * @param text in English, as stored beside it: what is said, verbatim, when there is no JSON or it cannot be understood
     */
    public static Sentence read(JsonNode json, String text) {
        return SentenceJson.read(json).orElseGet(() -> verbatim(text));
    }

    /** The same for JSON that is kept as a string; null where an earlier version stored the text alone. */
    public static Sentence read(String json, String text) {
        return SentenceJson.read(json).orElseGet(() -> verbatim(text));
    }

    /** In English. */
    @Override
    public String toString() {
        return text();
    }
}
