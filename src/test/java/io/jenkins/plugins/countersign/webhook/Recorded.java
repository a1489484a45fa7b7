package io.jenkins.plugins.countersign.webhook;

import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.Action;
import hudson.model.BuildListener;
import hudson.model.Run;
import org.jvnet.hudson.test.TestBuilder;

/** Leaves with a build what {@code checkBaseImages} and {@code pushImage} leave. */
public class Recorded extends TestBuilder {

    private final String base;
    private final String pushed;

    Recorded(String base, String pushed) {
        this.base = base;
        this.pushed = pushed;
    }

    @Override
    public boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener) {
        build.addAction(action("goldenbase.CheckedBasesAction", "bases", base));
        if (!pushed.isEmpty()) {
            build.addAction(action("PushedImagesAction", "images", pushed));
        }
        return true;
    }

    /** As the steps of other packages keep it on the disk. */
    private static Action action(String type, String list, String entry) {
        String name = "io.jenkins.plugins.countersign." + type;
        return (Action) Run.XSTREAM2.fromXML(
                "<" + name + "><" + list + "><string>" + entry + "</string></" + list + "></" + name + ">");
    }
}
