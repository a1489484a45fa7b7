package io.jenkins.plugins.countersign.webhook;

import hudson.EnvVars;
import hudson.Extension;
import hudson.model.Cause;
import hudson.model.EnvironmentContributor;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.kohsuke.stapler.export.Exported;

/** A build was started because something happened to an image in a registry. */
public class ImageEventCause extends Cause {

    private final String event;
    private final String repository;
    private final String tag;
    private final String digest;
    private final String actor;
    private final String link;

    ImageEventCause(ConfirmedEvent confirmed, String event) {
        RegistryEvent about = confirmed.event();
        this.event = event;
        this.repository = about.name();
        this.tag = about.tagOrNull() == null ? "" : about.tagOrNull();
        this.digest = about.digestOrNull() == null ? "" : about.digestOrNull().toString();
        this.actor = about.actor();
        this.link = confirmed.link();
    }

    ImageEventCause(ConfirmedEvent confirmed) {
        this(confirmed, confirmed.event().kind().name().toLowerCase(Locale.ROOT));
    }

    /** As people write it. */
    static String image(RegistryEvent event) {
        return event.name()
                + (event.tagOrNull() == null ? "" : ":" + event.tagOrNull())
                + (event.digestOrNull() == null ? "" : "@" + event.digestOrNull());
    }

    /** {@code registry/repository[:tag][@digest]} */
    @Exported(visibility = 3)
    public String getImage() {
        return repository + (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
    }

    /** The registry's page about the image; null when there is none. */
    @Exported(visibility = 3)
    public String getLink() {
        // Whoever may edit a build.xml by hand does not get to write a script into a page.
        return link != null && RegistryPage.isPage(link) ? link : null;
    }

    @Override
    public String getShortDescription() {
        return describe(getImage(), actor.isEmpty() ? Messages.ImageEventCause_Somebody() : actor);
    }

    String describe(String image, String who) {
        return switch (event) {
            case "pushed" -> Messages.ImageEventCause_Pushed(image, who);
            case "signed" -> Messages.ImageEventCause_Signed(image);
            case "approved" -> Messages.ImageEventCause_Approved(image);
            case "deleted" -> Messages.ImageEventCause_Deleted(image, who);
            default -> Messages.ImageEventCause_Scanned(image);
        };
    }

    /** What a build sees of the event; as environment, and in parameters of the same names. */
    public Map<String, String> variables() {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("COUNTERSIGN_REPOSITORY", repository);
        variables.put("COUNTERSIGN_TAG", tag);
        variables.put("COUNTERSIGN_DIGEST", digest);
        variables.put("COUNTERSIGN_EVENT", event);
        variables.put("COUNTERSIGN_ACTOR", actor);
        return variables;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageEventCause cause && variables().equals(cause.variables());
    }

    @Override
    public int hashCode() {
        return variables().hashCode();
    }

    /** Gives the builds the variables. */
    @Extension
    public static class Variables extends EnvironmentContributor {

        @Override
        @SuppressWarnings("rawtypes")
        public void buildEnvironmentFor(Run run, EnvVars environment, TaskListener listener) {
            ImageEventCause cause = (ImageEventCause) run.getCause(ImageEventCause.class);
            if (cause != null) {
                environment.putAll(cause.variables());
            }
        }
    }
}
