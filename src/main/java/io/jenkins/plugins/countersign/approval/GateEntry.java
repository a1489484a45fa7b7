package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One image at one stage in a build, as the build keeps it: strings and numbers only, because Jenkins can write a record and not
 * read it back.
 */
public class GateEntry {

    /** How an entry stands. The words are persisted. */
    static final String WAITING = "waiting";

    static final String OPEN = "open";
    static final String EXPIRED = "expired";
    static final String ABORTED = "aborted";
    /** No gate waits; somebody approved or rejected in this build. */
    static final String NOTED = "noted";

    private final int number;
    private final String stage;
    private final String message;
    private final long since;
    private final long deadline;
    private String repository;
    private String tag;
    private String digest;
    private String state;
    private long endedAt;
    private String snapshot;
    /** What was approved here before; null while that was not looked up, as in builds of the first versions. */
    private String lastApproved;

    private String lastApprovedBuild;
    private List<String> changes;
    /** The same as JSON of sentences; null in builds of the first versions. */
    private List<String> changeSentences;

    private List<String> commits;
    /** {@code repository:tag@digest} where the image went from this stage; null while it did not. */
    private String promotedTo;
    /** Why the last look had no answer. It is not kept: after a restart there is another look. */
    private transient volatile String unknown;

    private transient volatile long lookedAt;

    GateEntry(
            int number,
            String repository,
            String tag,
            String digest,
            String stage,
            String message,
            long since,
            long deadline,
            String state) {
        this.number = number;
        this.repository = repository;
        this.tag = tag;
        this.digest = digest;
        this.stage = stage;
        this.message = message;
        this.since = since;
        this.deadline = deadline;
        this.state = state;
    }

    /** Written past Jenkins, it may name no image: it is shown then, and without a digest nobody can say anything about it. */
    private synchronized Object readResolve() {
        try {
            if (digest != null && !digest.isEmpty()) {
                ImageReference.parse(repository + "@" + Digest.parse(digest));
            }
        } catch (IllegalArgumentException e) {
            digest = "";
        }
        return this;
    }

    int number() {
        return number;
    }

    synchronized String repository() {
        return repository;
    }

    synchronized String tag() {
        return tag;
    }

    /** Empty while the tag is not resolved. */
    synchronized String digest() {
        return digest;
    }

    /** {@code repository[:tag][@digest]} */
    synchronized String image() {
        return repository + (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
    }

    String stage() {
        return stage;
    }

    String message() {
        return message;
    }

    long since() {
        return since;
    }

    /** Milliseconds since the epoch; 0 for never. */
    long deadline() {
        return deadline;
    }

    synchronized String state() {
        return state;
    }

    synchronized long endedAt() {
        return endedAt;
    }

    String unknown() {
        return unknown;
    }

    long lookedAt() {
        return lookedAt;
    }

    synchronized void resolved(String found) {
        digest = found;
    }

    synchronized void end(String how) {
        if (state.equals(WAITING)) {
            state = how;
            endedAt = System.currentTimeMillis();
        }
    }

    synchronized void waitAgain() {
        state = WAITING;
        endedAt = 0;
    }

    synchronized boolean isCompared() {
        return lastApproved != null;
    }

    /**
     * @param before digest of the image that was approved for this stage before; empty for none
     * @param build in which build
     */
    synchronized void compared(String before, String build, List<Sentence> imageChanges, List<String> commitLines) {
        lastApproved = before;
        lastApprovedBuild = build;
        changes = new ArrayList<>();
        changeSentences = new ArrayList<>();
        for (Sentence change : imageChanges) {
            changes.add(change.text());
            changeSentences.add(change.toJson().toString());
        }
        commits = new ArrayList<>(commitLines);
    }

    synchronized String lastApproved() {
        return lastApproved == null ? "" : lastApproved;
    }

    synchronized String lastApprovedBuild() {
        return lastApprovedBuild == null ? "" : lastApprovedBuild;
    }

    synchronized List<Sentence> changes() {
        List<Sentence> sentences = new ArrayList<>();
        for (int i = 0; changes != null && i < changes.size(); i++) {
            boolean kept = changeSentences != null && i < changeSentences.size();
            sentences.add(Sentence.read(kept ? changeSentences.get(i) : null, changes.get(i)));
        }
        return sentences;
    }

    synchronized List<String> commits() {
        return commits == null ? List.of() : List.copyOf(commits);
    }

    synchronized void promoted(String to) {
        promotedTo = to;
    }

    synchronized String promotedTo() {
        return promotedTo == null ? "" : promotedTo;
    }

    void lookedInVain(String why) {
        unknown = why;
        lookedAt = System.currentTimeMillis();
    }

    /** @return whether there is something new to keep */
    synchronized boolean saw(GateSnapshot now) {
        unknown = null;
        lookedAt = System.currentTimeMillis();
        GateSnapshot before = snapshot();
        boolean same = before != null && before.saysTheSameAs(now);
        if (!same || !before.hasSentences()) {
            snapshot = now.text();
        }
        return !same;
    }

    /** What the gate saw last; null before the first look. */
    synchronized GateSnapshot snapshot() {
        if (snapshot == null) {
            return null;
        }
        try {
            return GateSnapshot.read(snapshot);
        } catch (IOException e) {
            // Somebody edited build.xml: the next look replaces it.
            return null;
        }
    }
}
