package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import io.jenkins.plugins.countersign.engine.dockerfile.StageDispatch.StopException;
import java.util.List;
import java.util.Set;

/**
 * A {@code RUN --mount} after expansion, as far as it decides whether the builder goes on.
 *
 * <p>Source: {@code instructions/commands_runmount.go}, {@code dockerfile2llb/convert_runmount.go}, {@code convert_secrets.go}.
 */
record Mount(String type, String from, String source, String target, String id) {

    private static final Set<String> TYPES = Set.of("bind", "cache", "tmpfs", "secret", "ssh");
    private static final Set<String> SHARING = Set.of("shared", "private", "locked");

    interface Expander {
        String expand(String value) throws LexerException, TooMuchException;
    }

    static Mount read(List<String> fields, Expander expander) throws LexerException, StopException, TooMuchException {
        String type = "bind";
        String from = "";
        String source = "";
        String target = "";
        String id = "";
        String sharing = "";
        String fileInfo = "";
        for (String field : fields) {
            int equals = field.indexOf('=');
            String key = GoText.lower(equals < 0 ? field : field.substring(0, equals));
            if (equals < 0) {
                switch (key) {
                    case "readonly", "ro", "readwrite", "rw" -> {}
                    case "required" -> verifyTakesRequired(type, key);
                    default -> throw new StopException("invalid field '" + field + "' must be a key=value pair");
                }
                continue;
            }
            String value = expander.expand(field.substring(equals + 1));
            switch (key) {
                case "type" -> {
                    type = GoText.lower(value);
                    require(TYPES.contains(type), "unsupported mount type \"" + value + "\"");
                }
                case "from" -> from = value;
                case "source", "src" -> source = value;
                case "target", "dst", "destination" -> target = value;
                case "readonly", "ro", "readwrite", "rw" ->
                    require(GoNumbers.bool(value) != null, "invalid value for " + key + ": " + value);
                case "required" -> {
                    verifyTakesRequired(type, key);
                    require(GoNumbers.bool(value) != null, "invalid value for required: " + value);
                }
                case "size" -> {
                    require(type.equals("tmpfs"), "unexpected key 'size' for mount type '" + type + "'");
                    require(isSize(value), "invalid value for size: " + value);
                }
                case "id" -> id = value;
                case "sharing" -> {
                    sharing = GoText.lower(value);
                    require(SHARING.contains(sharing), "unsupported sharing value \"" + value + "\"");
                }
                case "mode", "uid", "gid" -> {
                    require(
                            GoNumbers.unsigned(value, key.equals("mode") ? 8 : 10) != null,
                            "invalid value " + value + " for " + key);
                    fileInfo = key;
                }
                case "env" -> {}
                default -> throw new StopException("unexpected key '" + key + "' in '" + field + "'");
            }
        }
        boolean takesFileInfo = type.equals("secret") || type.equals("ssh") || type.equals("cache");
        require(fileInfo.isEmpty() || takesFileInfo, fileInfo + " not allowed for \"" + type + "\" type mounts");
        if (type.equals("secret")) {
            require(from.isEmpty(), "secret mount should not have a from");
            require(sharing.isEmpty(), "secret mount should not define sharing");
            require(
                    !source.isEmpty() || !target.isEmpty() || !id.isEmpty(),
                    "invalid secret mount. one of source, target required");
            require(source.isEmpty() || id.isEmpty(), "both source and id can't be set");
        }
        require(sharing.isEmpty() || type.equals("cache"), "invalid cache sharing set for " + type + " mount");
        return new Mount(type, from, source, target, id);
    }

    void verifyDispatch() throws StopException {
        require(!type.equals("ssh") || source.isEmpty(), "ssh does not support source");
    }

    /** Whether it is mounted somewhere in the file system, as secrets and agents need not be. */
    boolean hasTarget() {
        return !type.equals("secret") && !type.equals("ssh");
    }

    private static void verifyTakesRequired(String type, String key) throws StopException {
        require(
                type.equals("secret") || type.equals("ssh"),
                "unexpected key '" + key + "' for mount type '" + type + "'");
    }

    private static void require(boolean right, String message) throws StopException {
        if (!right) {
            throw new StopException(message);
        }
    }

    /** {@code units.RAMInBytes} of github.com/docker/go-units */
    private static boolean isSize(String text) {
        int last = text.length() - 1;
        while (last >= 0 && "0123456789. ".indexOf(text.charAt(last)) < 0) {
            last--;
        }
        if (last < 0) {
            return false;
        }
        String number = text.substring(0, text.charAt(last) == ' ' ? last : last + 1);
        String suffix = text.substring(last + 1);
        if (!isNumber(number) || suffix.length() > 3) {
            return false;
        }
        String unit = GoText.lower(suffix);
        return switch (unit.length()) {
            case 0 -> true;
            case 1 -> "bkmgtp".contains(unit);
            case 2 -> "kmgtp".indexOf(unit.charAt(0)) >= 0 && unit.charAt(1) == 'b';
            default -> "kmgtp".indexOf(unit.charAt(0)) >= 0 && unit.endsWith("ib");
        };
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789.eE+-".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        try {
            double value = Double.parseDouble(text);
            return value >= 0 && !Double.isInfinite(value);
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
