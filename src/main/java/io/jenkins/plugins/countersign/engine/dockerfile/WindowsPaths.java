package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.StageDispatch.StopException;

/** Paths that a Windows build refuses. Source: {@code CheckSystemDriveAndRemoveDriveLetter} in {@code util/system/path.go}. */
final class WindowsPaths {

    private WindowsPaths() {}

    static void verify(String path, String system) throws StopException {
        if (!system.equals("windows") || path.isEmpty()) {
            return;
        }
        String slashed = path.replace('\\', '/');
        if (slashed.length() == 2 && slashed.charAt(1) == ':') {
            throw new StopException("No relative path specified in \"" + path + "\"");
        }
        if (slashed.startsWith("//")) {
            throw new StopException("UNC paths are not supported");
        }
        int colon = slashed.indexOf(':');
        if (colon >= 0 && !slashed.substring(0, colon).equalsIgnoreCase("c")) {
            throw new StopException("The specified path is not on the system drive (C:)");
        }
    }
}
