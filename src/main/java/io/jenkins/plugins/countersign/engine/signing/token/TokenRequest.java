package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Which key of which token. Null wherever nothing was said; at least the token or the key must be named.
 *
 * @param library absolute path of the PKCS#11 library; checked against {@link TokenHost#libraries()}
 * @param tokenLabel the token's label
 * @param serial the token's serial number
 * @param slot the slot's number, which changes when tokens are plugged in: better not
 * @param keyId CKA_ID in lower-case hexadecimal; wins over the label, as in cosign
 * @param keyLabel CKA_LABEL
 */
public record TokenRequest(String library, String tokenLabel, String serial, Long slot, String keyId, String keyLabel)
        implements Serializable {

    private static final int MAX_LENGTH = 4096;

    public TokenRequest {
        if (keyId != null) {
            keyId = keyId.toLowerCase(Locale.ROOT);
            try {
                HexFormat.of().parseHex(keyId);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("the key's id is not hexadecimal: \"" + keyId + "\"");
            }
        }
    }

    /**
     * Reads a URI of RFC 7512 as cosign does: {@code pkcs11:token=…;serial=…;slot-id=…;id=%01%02;object=…?module-path=/abs/lib.so}.
     *
     * @throws KeyException if it is not one, or if it contains a PIN: a PIN belongs into a secret. The message never repeats it.
     */
    public static TokenRequest parse(String uri) throws KeyException {
        if (!uri.startsWith("pkcs11:") || uri.length() > MAX_LENGTH) {
            throw bad("expected pkcs11:token=…;object=…");
        }
        if (uri.matches("(?i).*pin-(value|source).*")) {
            throw bad("it contains a PIN or where to find one; the PIN belongs into a secret of its own");
        }
        String rest = uri.substring("pkcs11:".length());
        int question = rest.indexOf('?');
        Map<String, byte[]> path = attributes(question < 0 ? rest : rest.substring(0, question), ";");
        Map<String, byte[]> query = question < 0 ? Map.of() : attributes(rest.substring(question + 1), "&");
        byte[] id = null;
        String token = null;
        String serial = null;
        String object = null;
        Long slot = null;
        for (Map.Entry<String, byte[]> attribute : path.entrySet()) {
            byte[] value = attribute.getValue();
            switch (attribute.getKey()) {
                case "id" -> id = value;
                case "token" -> token = text(attribute);
                case "serial" -> serial = text(attribute);
                case "object" -> object = text(attribute);
                case "slot-id" -> slot = number(text(attribute));
                case "type" -> requirePrivate(text(attribute));
                default -> throw bad("\"" + attribute.getKey() + "\" is not used here");
            }
        }
        String library = null;
        for (Map.Entry<String, byte[]> attribute : query.entrySet()) {
            if (!attribute.getKey().equals("module-path")) {
                throw bad("\"" + attribute.getKey() + "\" is not used here");
            }
            library = text(attribute);
        }
        if (token == null && serial == null && slot == null) {
            throw bad("it names no token: add token=… or serial=…");
        }
        if (id == null && object == null) {
            throw bad("it names no key: add object=… or id=…");
        }
        return new TokenRequest(
                library, token, serial, slot, id == null ? null : HexFormat.of().formatHex(id), object);
    }

    private static Map<String, byte[]> attributes(String text, String separator) throws KeyException {
        Map<String, byte[]> attributes = new LinkedHashMap<>();
        for (String part : text.split(separator, -1)) {
            int equals = part.indexOf('=');
            if (equals <= 0) {
                throw bad("expected name=value between the separators");
            }
            String name = part.substring(0, equals);
            if (!name.matches("[a-z][a-z0-9-]*")) {
                throw bad("an attribute has an improper name");
            }
            if (attributes.put(name, decode(part.substring(equals + 1))) != null) {
                throw bad("\"" + name + "\" is there twice");
            }
        }
        return attributes;
    }

    private static byte[] decode(String value) throws KeyException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '%') {
                if (i + 2 >= value.length()
                        || Character.digit(value.charAt(i + 1), 16) < 0
                        || Character.digit(value.charAt(i + 2), 16) < 0) {
                    throw bad("a percent sign is not followed by two hexadecimal digits");
                }
                out.write(Integer.parseInt(value.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        return out.toByteArray();
    }

    private static String text(Map.Entry<String, byte[]> attribute) throws KeyException {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(attribute.getValue()))
                    .toString();
            if (text.isEmpty()) {
                throw bad("\"" + attribute.getKey() + "\" is empty");
            }
            if (text.chars().anyMatch(Character::isISOControl)) {
                throw bad("\"" + attribute.getKey() + "\" contains a control character");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw bad("\"" + attribute.getKey() + "\" is not UTF-8");
        }
    }

    private static Long number(String text) throws KeyException {
        if (!text.matches("[0-9]{1,18}")) {
            throw bad("slot-id is not a number");
        }
        return Long.valueOf(text);
    }

    private static void requirePrivate(String type) throws KeyException {
        if (!type.equals("private") && !type.equals("cert") && !type.equals("public")) {
            throw bad("type is not private");
        }
    }

    private static KeyException bad(String what) {
        return new KeyException(Reason.BAD_REQUEST, "the pkcs11 URI is not usable: " + what);
    }
}
