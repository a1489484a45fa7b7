package io.jenkins.plugins.countersign.webhook;

import hudson.XmlFile;
import hudson.model.Items;
import hudson.model.Job;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import java.io.File;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a job was last built for, by tag and kind of event; beside the job's configuration, so that it is renamed and deleted with
 * the job. A tag that goes back to an earlier image is news; the same image once more is none, nor is it under one more tag.
 */
final class StartedFor {

    private static final int MAX_TAGS = 1000;

    /** As many as a gate reads of one image. */
    private static final int MAX_ARTIFACTS = 64;

    private final XmlFile file;
    private final Map<String, String> last = new LinkedHashMap<>();

    private StartedFor(XmlFile file) {
        this.file = file;
    }

    static StartedFor of(Job<?, ?> job) throws IOException {
        StartedFor started =
                new StartedFor(new XmlFile(Items.XSTREAM, new File(job.getRootDir(), "countersign-image-events.xml")));
        if (started.file.exists()) {
            ((Map<?, ?>) started.file.read()).forEach((key, value) -> started.last.put((String) key, (String) value));
        }
        return started;
    }

    /** Whether the job was not yet built for it. */
    boolean isNew(ConfirmedEvent event) {
        if (!event.artifacts().isEmpty()) {
            return !artifacts(event).containsAll(artifactTexts(event));
        }
        String digest = digest(event);
        if (digest.equals(last.get(key(event, event.event().kind())))) {
            return false;
        }
        if (event.event().kind() != EventKind.PUSHED) {
            return true;
        }
        String repository = event.event().kind() + " " + event.event().name() + ":";
        return last.entrySet().stream()
                .noneMatch(known -> known.getKey().startsWith(repository)
                        && known.getValue().equals(digest));
    }

    /** Remembers it, and that whatever it supersedes would be news again. */
    void record(ConfirmedEvent event) throws IOException {
        EventKind kind = event.event().kind();
        String key = key(event, kind);
        String value = digest(event);
        if (!event.artifacts().isEmpty()) {
            Set<String> all = artifacts(event);
            all.addAll(artifactTexts(event));
            value = String.join(
                    " ",
                    all.stream().skip(Math.max(0, all.size() - MAX_ARTIFACTS)).toList());
        }
        if (value.equals(last.get(key))) {
            return;
        }
        last.remove(key);
        last.put(key, value);
        // Pushed again after it was deleted, or deleted again after it was pushed, it is news.
        if (kind == EventKind.DELETED) {
            last.remove(key(event, EventKind.PUSHED));
        } else if (kind == EventKind.PUSHED) {
            last.remove(key(event, EventKind.DELETED));
        }
        Iterator<String> oldest = last.keySet().iterator();
        while (last.size() > MAX_TAGS) {
            oldest.next();
            oldest.remove();
        }
        file.write(last);
    }

    private Set<String> artifacts(ConfirmedEvent event) {
        String known = last.get(key(event, event.event().kind()));
        return known == null ? new LinkedHashSet<>() : new LinkedHashSet<>(List.of(known.split(" ")));
    }

    private static List<String> artifactTexts(ConfirmedEvent event) {
        return event.artifacts().stream().map(Object::toString).toList();
    }

    private static String digest(ConfirmedEvent event) {
        return event.event().digestOrNull() == null
                ? ""
                : event.event().digestOrNull().toString();
    }

    private static String key(ConfirmedEvent event, EventKind kind) {
        // Of an untagged image every digest is its own.
        String tag = event.event().tagOrNull() == null
                ? "@" + event.event().digestOrNull()
                : ":" + event.event().tagOrNull();
        return kind + " " + event.event().name() + tag;
    }
}
