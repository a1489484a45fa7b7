package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.StageDispatch.StopException;

/** The ports of {@code EXPOSE}. Source: {@code dockerfile2llb/convert_expose.go}. */
final class Ports {

    private Ports() {}

    static void verify(String raw) throws StopException {
        int last = raw.lastIndexOf(':');
        String container = raw.substring(last + 1);
        String rest = last < 0 ? "" : raw.substring(0, last);
        int before = rest.lastIndexOf(':');
        String host = rest.substring(before + 1);
        String ip = before < 0 ? "" : rest.substring(0, before);
        int slash = container.indexOf('/');
        String port = slash < 0 ? container : container.substring(0, slash);
        String protocol = slash < 0 ? "" : GoText.lower(container.substring(slash + 1));
        require(!port.isEmpty(), "invalid port: \"" + raw + "\": no port specified");
        require(
                protocol.isEmpty() || protocol.equals("tcp") || protocol.equals("udp") || protocol.equals("sctp"),
                "invalid port: \"" + raw + "\": invalid proto: " + protocol);
        if (!ip.isEmpty()) {
            boolean bracketed = ip.startsWith("[");
            require(!bracketed || ip.endsWith("]"), "invalid IP address " + ip);
            require(isAddress(bracketed ? ip.substring(1, ip.length() - 1) : ip), "invalid IP address: " + ip);
        }
        int[] range = range(port);
        require(range != null, "invalid containerPort: " + port);
        if (!host.isEmpty()) {
            int[] hostRange = range(host);
            require(hostRange != null, "invalid hostPort: " + host);
            require(
                    range[1] - range[0] == hostRange[1] - hostRange[0] || range[1] == range[0],
                    "invalid ranges specified for container and host Ports: " + port + " and " + host);
        }
    }

    private static int[] range(String text) {
        int dash = text.indexOf('-');
        String start = dash < 0 ? text : text.substring(0, dash);
        Long first = GoNumbers.integer(start, 0, 65535);
        if (first == null || dash < 0) {
            return first == null ? null : new int[] {first.intValue(), first.intValue()};
        }
        Long last = GoNumbers.integer(text.substring(dash + 1), 0, 65535);
        return last == null || last < first ? null : new int[] {first.intValue(), last.intValue()};
    }

    private static boolean isAddress(String text) {
        if (text.indexOf(':') < 0) {
            String[] parts = text.split("\\.", -1);
            boolean right = parts.length == 4;
            for (String part : parts) {
                Long value = part.startsWith("+") || part.startsWith("-") ? null : GoNumbers.integer(part, 0, 255);
                right &= value != null && part.equals(value.toString());
            }
            return right;
        }
        return isSix(text);
    }

    private static boolean isSix(String text) {
        int groups = 0;
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return false;
        }
        String[] halves =
                gap < 0 ? new String[] {text} : new String[] {text.substring(0, gap), text.substring(gap + 2)};
        for (int half = 0; half < halves.length; half++) {
            if (halves[half].isEmpty()) {
                continue;
            }
            String[] parts = halves[half].split(":", -1);
            for (int i = 0; i < parts.length; i++) {
                String part = parts[i];
                if (part.indexOf('.') >= 0 && half == halves.length - 1 && i == parts.length - 1) {
                    if (!isAddress(part)) {
                        return false;
                    }
                    groups += 2;
                } else {
                    if (part.isEmpty()
                            || part.length() > 4
                            || !part.chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0)) {
                        return false;
                    }
                    groups++;
                }
            }
        }
        return gap < 0 ? groups == 8 : groups < 8;
    }

    private static void require(boolean right, String message) throws StopException {
        if (!right) {
            throw new StopException(message);
        }
    }
}
