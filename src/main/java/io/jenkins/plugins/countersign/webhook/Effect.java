package io.jenkins.plugins.countersign.webhook;

import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/** What a delivery caused, or why nothing. Kept as a word and its object, so that everybody reads it in their language. */
@Restricted(NoExternalUse.class)
public final class Effect {

    /** The words. */
    enum Kind {
        STARTED,
        REBUILDS,
        ALREADY_BUILT,
        HELD,
        UNDECIDED,
        NOT_BUILDABLE,
        KEPT_OUT,
        LOOP,
        WOKE,
        NOBODY,
        NOT_BORNE_OUT,
        LATER,
        GIVEN_UP,
        DROPPED
    }

    private final String kind;
    private final String object;

    Effect(Kind kind, String object) {
        this.kind = kind.name();
        this.object = object;
    }

    /** For people, in their language. */
    public String getText() {
        return switch (Kind.valueOf(kind)) {
            case STARTED -> Messages.Effect_Started(object);
            case REBUILDS -> Messages.Effect_Rebuilds(object);
            case ALREADY_BUILT -> Messages.Effect_AlreadyBuilt(object);
            case HELD -> Messages.Effect_Held(object);
            case UNDECIDED -> Messages.Effect_Undecided(object);
            case NOT_BUILDABLE -> Messages.Effect_NotBuildable(object);
            case KEPT_OUT -> Messages.Effect_KeptOut(object);
            case LOOP -> Messages.Effect_Loop(object);
            case WOKE -> Messages.Effect_Woke(object);
            case NOBODY -> Messages.Effect_Nobody(object);
            case NOT_BORNE_OUT -> Messages.Effect_NotBorneOut(object);
            case LATER -> Messages.Effect_Later(object);
            case GIVEN_UP -> Messages.Effect_GivenUp(object);
            case DROPPED -> Messages.Effect_Dropped(object);
        };
    }

    boolean is(Kind other) {
        return kind.equals(other.name());
    }
}
