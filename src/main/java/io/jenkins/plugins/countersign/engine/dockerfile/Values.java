package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Word;

/** Where the value of a flag stands in the file, if it stands there as it counts: without quotes, escapes and breaks. */
final class Values {

    private Values() {}

    /** The place of {@code value} in {@code --name=value}. */
    static Place ofFlag(String text, Node node, String name, String value) {
        for (Word flag : node.flags()) {
            String prefix = "--" + name + "=";
            if (flag.text().equals(prefix + value)) {
                return within(node, flag, prefix.length(), value);
            }
        }
        return node.place();
    }

    /** The place of the value of {@code from} in {@code --mount=…,from=value,…}. */
    static Place ofMount(String text, Node node, Word mount, String value) {
        String raw = node.line().substring(mount.start(), mount.end());
        int prefix = raw.indexOf("from=" + value);
        if (prefix < 0 || value.isEmpty()) {
            return node.source().place(mount.start(), mount.end()).line() == 0 ? node.place() : start(node, mount);
        }
        char before = prefix == 0 ? ' ' : raw.charAt(prefix - 1);
        int end = prefix + 5 + value.length();
        boolean whole = (before == ',' || before == '=') && (end == raw.length() || raw.charAt(end) == ',');
        Place place = node.source().place(mount.start() + prefix + 5, mount.start() + end);
        return whole && raw.indexOf("from=", prefix + 1) < 0 ? place : new Place(place.line(), place.column(), -1, -1);
    }

    private static Place start(Node node, Word word) {
        Place place = node.source().place(word.start(), word.end());
        return new Place(place.line(), place.column(), -1, -1);
    }

    private static Place within(Node node, Word word, int offset, String value) {
        String raw = node.line().substring(word.start(), word.end());
        if (raw.length() == offset + value.length() && raw.endsWith(value)) {
            return node.source().place(word.start() + offset, word.end());
        }
        return start(node, word);
    }
}
