package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.List;

/**
 * One instruction as the parser leaves it: keyword, flags, words, heredocs.
 *
 * @param keyword as written
 * @param lowered the keyword in lower case
 * @param line the whole instruction, continuation lines joined, without heredocs
 * @param flags what begins with {@code --}
 * @param args the words; for {@code ENV} and {@code LABEL} name, value, separator by turns
 * @param json whether the words came as a JSON array
 * @param trigger the instruction inside an {@code ONBUILD}; null for others
 * @param heredocs in the order in which they are announced
 * @param source where the line stands in the file
 */
record Node(
        String keyword,
        String lowered,
        String line,
        List<Word> flags,
        List<Word> args,
        boolean json,
        Node trigger,
        List<Heredoc> heredocs,
        Source source) {

    /**
     * @param text after the parser's own unquoting (flags) or as written (words)
     * @param start offset in the joined line; -1 when it is not there in one piece
     * @param end offset behind it
     */
    record Word(String text, int start, int end) {

        static Word of(String text) {
            return new Word(text, -1, -1);
        }
    }

    /**
     * @param expand whether variables in the body are expanded, which they are unless the name is quoted
     * @param chomp {@code <<-}: tabs in front are cut
     */
    record Heredoc(String name, boolean expand, boolean chomp, String content) {

        Heredoc withContent(String content) {
            return new Heredoc(name, expand, chomp, content);
        }
    }

    Node withHeredocs(List<Heredoc> heredocs) {
        return new Node(keyword, lowered, line, flags, args, json, trigger, heredocs, source);
    }

    Place place() {
        return source.place(0, 0);
    }
}
