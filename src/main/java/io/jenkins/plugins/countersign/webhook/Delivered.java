package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/** One delivery, as administrators see it. */
@Restricted(NoExternalUse.class)
public final class Delivered {

    /** How it was judged. */
    enum Verdict {
        ACCEPTED,
        REPEATED,
        REFUSED
    }

    /** Longer ones are worked off all the same, and cannot be sent again from here. */
    private static final int MAX_KEPT = 32 * 1024;

    private final String id;
    private final String source;
    private final long time;
    private final int length;
    private final String verdict;
    private final String reason;
    /** As JSON; null in the log of the first versions. */
    private final String reasonSentence;

    private final String body;
    private final boolean again;
    private final List<String> events;
    private List<Effect> effects = new ArrayList<>();
    private boolean done;

    Delivered(
            String id,
            String source,
            Verdict verdict,
            Sentence reason,
            List<String> events,
            byte[] body,
            boolean again) {
        this.id = id;
        this.source = source;
        this.time = System.currentTimeMillis();
        this.length = body.length;
        this.verdict = verdict.name();
        this.reason = reason.text();
        this.reasonSentence = reason.toJson().toString();
        this.events = new ArrayList<>(events);
        this.again = again;
        this.body = verdict == Verdict.ACCEPTED && length <= MAX_KEPT
                ? Base64.getEncoder().encodeToString(body)
                : null;
        this.done = verdict != Verdict.ACCEPTED;
    }

    public String getId() {
        return id;
    }

    public String getSource() {
        return source;
    }

    public Date getTime() {
        return new Date(time);
    }

    /** In bytes. */
    public int getLength() {
        return length;
    }

    public String getVerdict() {
        return switch (Verdict.valueOf(verdict)) {
            case ACCEPTED -> again ? Messages.Delivered_Again() : Messages.Delivered_Accepted();
            case REPEATED -> Messages.Delivered_Repeated();
            case REFUSED -> Messages.Delivered_Refused();
        };
    }

    public boolean isRefused() {
        return Verdict.REFUSED.name().equals(verdict);
    }

    /** {@code good}, {@code bad}, or {@code plain} for what came before. */
    public String getTone() {
        return switch (Verdict.valueOf(verdict)) {
            case ACCEPTED -> "good";
            case REPEATED -> "plain";
            case REFUSED -> "bad";
        };
    }

    /** Why it was refused, in the reader's language; empty otherwise. */
    public String getReason() {
        return ReadersLanguage.text(Sentence.read(reasonSentence, reason));
    }

    /** What it says happened. */
    public List<String> getEvents() {
        return List.copyOf(events);
    }

    public synchronized List<Effect> getEffects() {
        return List.copyOf(effects);
    }

    public synchronized boolean isDone() {
        return done;
    }

    public boolean isRedeliverable() {
        return body != null;
    }

    byte[] body() {
        return Base64.getDecoder().decode(body);
    }

    synchronized void caused(List<Effect> what, boolean everything) {
        effects = new ArrayList<>(what);
        done = everything;
    }
}
