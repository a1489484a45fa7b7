package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.image.Platform;
import java.util.Set;

/** Platform names as the builder reads and writes them. Source: github.com/containerd/platforms v1.0.0-rc.4. */
final class Platforms {

    private static final Set<String> SYSTEMS = Set.of(
            "aix",
            "android",
            "darwin",
            "dragonfly",
            "freebsd",
            "hurd",
            "illumos",
            "ios",
            "js",
            "linux",
            "nacl",
            "netbsd",
            "openbsd",
            "plan9",
            "solaris",
            "windows",
            "zos");
    private static final Set<String> ARCHITECTURES = Set.of(
            "386",
            "amd64",
            "amd64p32",
            "arm",
            "armbe",
            "arm64",
            "arm64be",
            "ppc64",
            "ppc64le",
            "loong64",
            "mips",
            "mipsle",
            "mips64",
            "mips64le",
            "mips64p32",
            "mips64p32le",
            "ppc",
            "riscv",
            "riscv64",
            "s390",
            "s390x",
            "sparc",
            "sparc64",
            "wasm");

    private Platforms() {}

    /** Null when the specifier is none. A single word takes what it leaves open from the builder's platform. */
    static Platform parse(String specifier, Platform builder) {
        String[] parts = specifier.split("/", -1);
        if (parts.length > 3) {
            return null;
        }
        String system = system(parts[0]);
        if (system == null) {
            return null;
        }
        for (int i = 1; i < parts.length; i++) {
            if (!isSpecifier(parts[i])) {
                return null;
            }
        }
        if (parts.length == 1) {
            if (SYSTEMS.contains(system)) {
                return new Platform(system, builder.architecture(), "");
            }
            Platform platform = normalised(builder.os(), parts[0], "");
            return ARCHITECTURES.contains(platform.architecture()) ? platform : null;
        }
        return normalised(system, parts[1], parts.length == 3 ? parts[2] : "");
    }

    /** {@code ^([A-Za-z0-9_-]+)(?:\(…\))?$}; the version in brackets plays no part in a reference. */
    private static String system(String part) {
        int open = part.indexOf('(');
        String name = open < 0 ? part : part.substring(0, open);
        if (open >= 0 && !isVersion(part.substring(open))) {
            return null;
        }
        if (name.isEmpty()) {
            return null;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isAlphanumeric(c) && c != '_' && c != '-') {
                return null;
            }
        }
        String lowered = GoText.lower(name);
        return lowered.equals("macos") ? "darwin" : lowered;
    }

    private static boolean isVersion(String bracketed) {
        if (!bracketed.endsWith(")") || bracketed.length() < 2) {
            return false;
        }
        String inside = bracketed.substring(1, bracketed.length() - 1);
        String[] parts = inside.split("\\+", -1);
        for (int i = 0; i < parts.length; i++) {
            if (i > 0 && parts[i].isEmpty() || !isDecodable(parts[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDecodable(String option) {
        for (int i = 0; i < option.length(); i++) {
            char c = option.charAt(i);
            if (c == '%') {
                if (i + 2 >= option.length()
                        || Character.digit(option.charAt(i + 1), 16) < 0
                        || Character.digit(option.charAt(i + 2), 16) < 0) {
                    return false;
                }
            } else if (!isAlphanumeric(c) && c != '_' && c != '.' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isSpecifier(String part) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (!isAlphanumeric(c) && c != '_' && c != '.' && c != '-') {
                return false;
            }
        }
        return !part.isEmpty();
    }

    private static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    static Platform normalised(Platform platform) {
        return normalised(platform.os(), platform.architecture(), platform.variant());
    }

    private static Platform normalised(String system, String architecture, String variant) {
        String arch = GoText.lower(architecture);
        String v = GoText.lower(variant);
        switch (arch) {
            case "i386" -> {
                arch = "386";
                v = "";
            }
            case "x86_64", "x86-64", "amd64" -> {
                arch = "amd64";
                v = v.equals("v1") ? "" : v;
            }
            case "aarch64", "arm64" -> {
                arch = "arm64";
                v = switch (v) {
                    case "8", "v8", "v8.0" -> "";
                    case "9", "9.0", "v9.0" -> "v9";
                    default -> v;
                };
            }
            case "armhf" -> {
                arch = "arm";
                v = "v7";
            }
            case "armel" -> {
                arch = "arm";
                v = "v6";
            }
            case "arm" ->
                v = switch (v) {
                    case "", "7" -> "v7";
                    case "5", "6", "8" -> "v" + v;
                    default -> v;
                };
            default -> {}
        }
        String os = GoText.lower(system);
        return new Platform(os.equals("macos") ? "darwin" : os, arch, v);
    }
}
