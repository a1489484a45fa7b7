package io.jenkins.plugins.countersign.engine.trust;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Takes the fields of one object, each once; {@link #end} complains of those that nobody took. Problems are gathered, so
 * that one run shows them all; what could not be read is null or empty and the document is refused at the end.
 */
final class PolicyFields {

    private final PolicyNode node;
    private final List<PolicyProblem> problems;
    private final Map<String, PolicyNode> members;
    private final Set<String> known = new TreeSet<>();

    PolicyFields(PolicyNode node, List<PolicyProblem> problems) {
        this.node = node;
        this.problems = problems;
        if (node.value() instanceof Map) {
            members = node.members();
        } else {
            problems.add(node.problem("expected an object (name: value), found " + node.kind()));
            members = null;
        }
    }

    PolicyNode optional(String name) {
        known.add(name);
        PolicyNode found = members == null ? null : members.get(name);
        if (found != null && found.value() == null) {
            problems.add(found.problem("is empty; give a value or leave the field out"));
            return null;
        }
        return found;
    }

    PolicyNode required(String name) {
        PolicyNode found = optional(name);
        if (found == null && members != null && !members.containsKey(name)) {
            problems.add(node.problem("the field \"" + name + "\" is missing"));
        }
        return found;
    }

    /** Refuses fields that are not known: a misspelt restriction would otherwise restrict nothing. */
    void end() {
        if (members == null) {
            return;
        }
        members.forEach((name, value) -> {
            if (!known.contains(name)) {
                problems.add(value.problem("unknown field; known here are " + String.join(", ", known)));
            }
        });
    }

    String text(PolicyNode found) {
        if (found == null) {
            return null;
        }
        if (found.value() instanceof String text) {
            if (!text.isBlank()) {
                return text;
            }
            problems.add(found.problem("is empty"));
            return null;
        }
        problems.add(found.problem("expected text, found " + found.kind()
                + (found.value() instanceof Number || found.value() instanceof Boolean ? "; put it in quotes" : "")));
        return null;
    }

    /** A name of a policy, role or stage. */
    String word(PolicyNode found) {
        String text = text(found);
        if (text != null && !Names.isWord(text)) {
            problems.add(found.problem(wordFault(text)));
            return null;
        }
        return text;
    }

    static String wordFault(String text) {
        return "\"" + shown(text)
                + "\" is not a name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit first and last";
    }

    static String shown(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }

    boolean truth(PolicyNode found, boolean otherwise) {
        if (found == null) {
            return otherwise;
        }
        if (found.value() instanceof Boolean truth) {
            return truth;
        }
        problems.add(found.problem("expected true or false, found " + found.kind()));
        return otherwise;
    }

    long number(PolicyNode found, long least, long most) {
        if (found == null) {
            return least;
        }
        if (found.value() instanceof BigInteger number) {
            if (number.compareTo(BigInteger.valueOf(least)) >= 0 && number.compareTo(BigInteger.valueOf(most)) <= 0) {
                return number.longValue();
            }
            problems.add(found.problem("is " + number + ", expected " + least + " to " + most));
        } else {
            problems.add(found.problem("expected a whole number, found " + found.kind()));
        }
        return least;
    }

    Instant time(PolicyNode found) {
        String text = text(found);
        if (text == null) {
            return null;
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            if (time.getYear() >= 1970 && time.getYear() <= 9999) {
                return time.toInstant();
            }
        } catch (DateTimeParseException e) {
            // falls through to the problem
        }
        problems.add(found.problem("\"" + shown(text) + "\" is not a time such as 2027-02-01T00:00:00Z"));
        return null;
    }

    Duration duration(PolicyNode found) {
        String text = text(found);
        if (text == null) {
            return null;
        }
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative() && !duration.isZero() && duration.toDays() <= 36_500) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // falls through to the problem
        }
        problems.add(found.problem("\"" + shown(text) + "\" is not a duration such as P14D or PT12H"));
        return null;
    }

    /** Each item of a list by the function, without those for which it answers null. */
    <T> List<T> list(PolicyNode found, int most, Function<PolicyNode, T> reading) {
        List<T> items = new ArrayList<>();
        if (found == null) {
            return items;
        }
        if (!(found.value() instanceof List)) {
            problems.add(found.problem("expected a list, found " + found.kind()));
            return items;
        }
        if (found.items().size() > most) {
            problems.add(found.problem("has " + found.items().size() + " entries, at most " + most + " are accepted"));
            return items;
        }
        for (PolicyNode item : found.items()) {
            T read = reading.apply(item);
            if (read != null) {
                items.add(read);
            }
        }
        return items;
    }

    /** A text, or a list of texts, none twice. */
    List<String> words(PolicyNode found, int most) {
        if (found != null && found.value() instanceof String) {
            String word = word(found);
            return word == null ? List.of() : List.of(word);
        }
        return unique(found, list(found, most, this::word));
    }

    List<String> unique(PolicyNode found, List<String> texts) {
        Set<String> seen = new LinkedHashSet<>();
        for (String text : texts) {
            if (!seen.add(text)) {
                problems.add(found.problem("\"" + shown(text) + "\" stands twice"));
            }
        }
        return List.copyOf(seen);
    }

    /** Each member of an object by name. */
    Map<String, PolicyNode> entries(PolicyNode found, int most) {
        if (found == null) {
            return Map.of();
        }
        if (!(found.value() instanceof Map)) {
            problems.add(found.problem("expected an object (name: value), found " + found.kind()));
            return Map.of();
        }
        if (found.members().size() > most) {
            problems.add(
                    found.problem("has " + found.members().size() + " entries, at most " + most + " are accepted"));
            return Map.of();
        }
        return new LinkedHashMap<>(found.members());
    }
}
