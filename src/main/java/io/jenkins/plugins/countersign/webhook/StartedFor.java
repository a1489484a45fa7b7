package io.jenkins.plugins.countersign.webhook;

import hudson.XmlFile;
import hudson.model.Items;
import hudson.model.Job;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.io.File;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a job was last built for, by tag and kind of event; beside the job's configuration, so that it is renamed and deleted with
 * the job. A tag that goes back to an earlier image is news, the same image once more is none.
 */
final class StartedFor {

    private static final int MAX_TAGS = 1000;

    private StartedFor() {}

    /** Remembers the event; false if the last one of its tag and kind told the same. */
    static synchronized boolean isNew(Job<?, ?> job, RegistryEvent event) throws IOException {
        XmlFile file = new XmlFile(Items.XSTREAM, new File(job.getRootDir(), "countersign-image-events.xml"));
        Map<String, String> last = new LinkedHashMap<>();
        if (file.exists()) {
            ((Map<?, ?>) file.read()).forEach((key, value) -> last.put((String) key, (String) value));
        }
        String digest = event.digestOrNull() == null ? "" : event.digestOrNull().toString();
        String key = key(event, event.kind());
        if (digest.equals(last.get(key))) {
            return false;
        }
        last.remove(key);
        last.put(key, digest);
        // Pushed again after it was deleted, or deleted again after it was pushed, it is news.
        if (event.kind() == EventKind.DELETED) {
            last.remove(key(event, EventKind.PUSHED));
        } else if (event.kind() == EventKind.PUSHED) {
            last.remove(key(event, EventKind.DELETED));
        }
        Iterator<String> oldest = last.keySet().iterator();
        while (last.size() > MAX_TAGS) {
            oldest.next();
            oldest.remove();
        }
        file.write(last);
        return true;
    }

    private static String key(RegistryEvent event, EventKind kind) {
        // Of an untagged image every digest is its own.
        String tag = event.tagOrNull() == null ? "@" + event.digestOrNull() : ":" + event.tagOrNull();
        return kind + " " + event.name() + tag;
    }
}
