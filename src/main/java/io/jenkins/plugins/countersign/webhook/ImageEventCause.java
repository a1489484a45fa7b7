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

/** A build was started because something happened to an image in a registry. */
public class ImageEventCause extends Cause {

    private final String event;
    private final String repository;
    private final String tag;
    private final String digest;
    private final String actor;

    ImageEventCause(RegistryEvent event) {
        this.event = event.kind().name().toLowerCase(Locale.ROOT);
        this.repository = event.name();
        this.tag = event.tagOrNull() == null ? "" : event.tagOrNull();
        this.digest = event.digestOrNull() == null ? "" : event.digestOrNull().toString();
        this.actor = event.actor();
    }

    @Override
    public String getShortDescription() {
        String image = repository + (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
        String who = actor.isEmpty() ? Messages.ImageEventCause_Somebody() : actor;
        return switch (event) {
            case "pushed" -> Messages.ImageEventCause_Pushed(image, who);
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
