package io.jenkins.plugins.countersign;

import hudson.model.InvisibleAction;
import hudson.model.Run;
import java.util.ArrayList;
import java.util.List;

/** Which images a build put into a registry, {@code repository:tag@digest} each: so that its own push does not start it again. */
public class PushedImagesAction extends InvisibleAction {

    private static final int MAX = 200;

    private final List<String> images = new ArrayList<>();

    static void add(Run<?, ?> run, String image) {
        synchronized (run) {
            PushedImagesAction action = new PushedImagesAction();
            PushedImagesAction before = run.getAction(PushedImagesAction.class);
            if (before != null) {
                action.images.addAll(before.images);
            }
            action.images.remove(image);
            action.images.add(image);
            if (action.images.size() > MAX) {
                action.images.remove(0);
            }
            // A new one each time: the old one may be being saved.
            run.addOrReplaceAction(action);
        }
    }

    public List<String> getImages() {
        return List.copyOf(images);
    }
}
