package io.jenkins.plugins.countersign.engine.image;

import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A content digest, {@code sha256:<64 hex>} or {@code sha512:<128 hex>}.
 *
 * <p>Source: OCI image specification, descriptor.md, "Digests". Only the two registered algorithms are accepted: content
 * whose digest cannot be recomputed here cannot be believed here.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex lower-case hexadecimal, of the algorithm's length
 */
public record Digest(String algorithm, String hex) implements Serializable, Comparable<Digest> {

    private static final Pattern HEX = Pattern.compile("[0-9a-f]+");

    /** @throws IllegalArgumentException if the algorithm is unknown, or the hexadecimal part has a wrong length or character */
    public Digest {
        int length =
                switch (algorithm) {
                    case "sha256" -> 64;
                    case "sha512" -> 128;
                    default ->
                        throw new IllegalArgumentException(
                                "digest algorithm is \"" + algorithm + "\", expected sha256 or sha512");
                };
        if (hex.length() != length || !HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    "not a " + algorithm + " digest: expected " + length + " lower-case hexadecimal digits");
        }
    }

    /** @throws IllegalArgumentException if {@code text} is not {@code algorithm:hex} */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("not a digest (expected sha256:<hex>): " + abbreviate(text));
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /** Whether {@link #parse} would accept the text. */
    public static boolean isDigest(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The SHA-256 digest of {@code content}. */
    public static Digest of(byte[] content) {
        return ofSha256Value(sha256().digest(content));
    }

    /** The digest whose SHA-256 value was computed by a {@link #sha256()} message digest. */
    public static Digest ofSha256Value(byte[] value) {
        return new Digest("sha256", HexFormat.of().formatHex(value));
    }

    /** A new SHA-256 computation. */
    public static MessageDigest sha256() {
        return messageDigest("SHA-256");
    }

    /** A new computation of this digest's algorithm, to compare content with it. */
    public MessageDigest newMessageDigest() {
        return messageDigest(algorithm.equals("sha256") ? "SHA-256" : "SHA-512");
    }

    /** Whether {@code content} has this digest. */
    public boolean matches(byte[] content) {
        return HexFormat.of().formatHex(newMessageDigest().digest(content)).equals(hex);
    }

    /** The first twelve hexadecimal digits: for people, never for a comparison. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    /** A layer's name where lines are short, {@code sha256:0123456789ab}: for people, never for a comparison. */
    public String shortName() {
        return algorithm + ":" + shortHex();
    }

    // Written out: a record's own are put together at run time, which costs each start of the command line 20 ms.
    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest && hex.equals(digest.hex) && algorithm.equals(digest.algorithm);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public int compareTo(Digest other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }

    private static MessageDigest messageDigest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + name, e);
        }
    }

    private static String abbreviate(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
