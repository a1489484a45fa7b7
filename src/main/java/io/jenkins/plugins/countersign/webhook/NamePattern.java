package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.image.ImageReference;

/** Whether a {@link Glob} of a trigger can be about any image. One that cannot would wait for ever and say nothing. */
final class NamePattern {

    private NamePattern() {}

    /** Why no image has such a name; empty when one could. */
    static String objection(String pattern) {
        String any = pattern.replace("**", "*");
        int slash = any.indexOf('/');
        if (slash < 0) {
            return pattern.contains("**") ? "" : Messages.ImageEventTrigger_Repository();
        }
        String host = any.substring(0, slash);
        String path = any.substring(slash + 1);
        boolean isHost = host.matches(".*[.:*A-Z].*") || host.equals("localhost");
        boolean isTagged = path.matches(".*[:@].*");
        if (!isHost || isTagged) {
            return isTagged ? Messages.ImageEventTrigger_TagApart() : Messages.ImageEventTrigger_Repository();
        }
        if (host.equals(ImageReference.DOCKER_HUB) && path.matches("[^/*]+")) {
            return Messages.ImageEventTrigger_Library(path);
        }
        try {
            new ImageReference(host.replace("*", "x.x"), path.replace("*", "x"), null, null);
            return "";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    static boolean isTag(String pattern) {
        return ImageReference.isTag(pattern.replaceAll("\\*+", "x"));
    }
}
