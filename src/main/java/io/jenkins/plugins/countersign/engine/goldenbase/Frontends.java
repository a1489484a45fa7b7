package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The frontends that read a Dockerfile as this reader does: Docker's own from 1.4 on. Older ones know no heredocs, so that
 * what is the body of one for us is a stage for them; a digest may be any of them.
 */
final class Frontends {

    private static final Pattern VERSION = Pattern.compile("1(?:\\.([0-9]{1,4})(?:\\.[0-9]{1,4})?)?(?:-labs)?");

    private Frontends() {}

    static boolean isKnown(ImageReference image) {
        if (!image.registry().equals(ImageReference.DOCKER_HUB)
                || !image.repository().equals("docker/dockerfile")
                || image.digest().isPresent()) {
            return false;
        }
        String tag = image.tag().orElse("latest");
        if (tag.equals("latest") || tag.equals("labs")) {
            return true;
        }
        Matcher version = VERSION.matcher(tag);
        return version.matches() && (version.group(1) == null || Integer.parseInt(version.group(1)) >= 4);
    }
}
