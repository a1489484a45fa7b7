package io.jenkins.plugins.countersign.engine.signing.keys;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * PEM, RFC 7468. Headers (RFC 1421) are skipped: OpenSSL's say how the content is encrypted, Notary's for which repository and
 * role a key is.
 */
final class Pem {

    private static final int MAX_BLOCKS = 64;
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    private Pem() {}

    /**
     * @param type what stands after BEGIN
     * @param content the decoded bytes
     * @param text the whole block
     */
    record Block(String type, byte[] content, String text) {}

    static String write(String type, byte[] der) {
        return BEGIN + type + DASHES + "\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n" + END + type + DASHES + "\n";
    }

    /** @throws IllegalArgumentException if there is not exactly one block, of this type */
    static byte[] only(String text, String type) {
        List<Block> blocks = read(text);
        if (blocks.size() != 1) {
            throw new IllegalArgumentException("expected one block BEGIN " + type + ", found " + blocks.size());
        }
        if (!blocks.get(0).type().equals(type)) {
            throw new IllegalArgumentException("expected BEGIN " + type + ", found BEGIN "
                    + shown(blocks.get(0).type()));
        }
        return blocks.get(0).content();
    }

    /** All blocks; text around them is skipped. @throws IllegalArgumentException if a block is not closed or not base64 */
    static List<Block> read(String text) {
        List<Block> blocks = new ArrayList<>();
        int at = 0;
        while (true) {
            int begin = text.indexOf(BEGIN, at);
            if (begin < 0) {
                return blocks;
            }
            if (blocks.size() == MAX_BLOCKS) {
                throw new IllegalArgumentException("more than " + MAX_BLOCKS + " blocks");
            }
            int typeEnd = text.indexOf(DASHES, begin + BEGIN.length());
            if (typeEnd < 0) {
                throw new IllegalArgumentException("a BEGIN line is not complete");
            }
            String type = text.substring(begin + BEGIN.length(), typeEnd);
            String closing = END + type + DASHES;
            int end = text.indexOf(closing, typeEnd);
            if (type.indexOf('\n') >= 0 || end < 0) {
                throw new IllegalArgumentException("the block " + shown(type) + " has no END line");
            }
            String body = text.substring(typeEnd + DASHES.length(), end);
            String whole = text.substring(begin, end + closing.length()) + "\n";
            blocks.add(new Block(type, decode(type, withoutHeaders(body)), whole));
            at = end + closing.length();
        }
    }

    private static String withoutHeaders(String body) {
        return body.indexOf(':') < 0 ? body : body.replaceFirst("(?s)^.*?:.*?\\R[ \\t]*\\R", "");
    }

    private static byte[] decode(String type, String body) {
        try {
            return Base64.getDecoder().decode(body.replaceAll("\\s", "").getBytes(StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the block " + shown(type) + " is not base64");
        }
    }

    private static String shown(String type) {
        return type.length() <= 40 ? type : type.substring(0, 40) + "…";
    }
}
