package io.jenkins.plugins.countersign.engine.dockerfile;

/** The directive {@code # check=}: it brings nothing in, but a wrong one stops the build. Source: {@code linter/linter.go}. */
final class LintOptions {

    private LintOptions() {}

    static void verify(String value) throws DockerfileException {
        if (value == null || GoText.trim(value).isEmpty()) {
            return;
        }
        for (String part : GoText.trim(value).split(";", 3)) {
            int equals = part.indexOf('=');
            String key = GoText.trim(equals < 0 ? part : part.substring(0, equals));
            boolean right = equals >= 0
                    && switch (key) {
                        case "skip", "experimental" -> true;
                        case "error" -> GoNumbers.bool(GoText.trim(part.substring(equals + 1))) != null;
                        default -> false;
                    };
            if (!right) {
                throw new DockerfileException(
                        Place.line(1),
                        "failed to parse check options: invalid check option \"" + GoText.shown(part) + "\"");
            }
        }
    }
}
