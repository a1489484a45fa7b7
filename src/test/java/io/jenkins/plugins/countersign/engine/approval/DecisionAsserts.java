package io.jenkins.plugins.countersign.engine.approval;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.List;

/** What a decision must say, with the whole decision in the message when it does not. */
final class DecisionAsserts {

    private DecisionAsserts() {}

    static Decision assertOpen(Scene scene) {
        Decision decision = scene.decide();
        assertTrue(decision.toText(), decision.isOpen());
        return decision;
    }

    /** Held by exactly these reasons. */
    static Decision assertHeld(Scene scene, HoldReason... reasons) {
        Decision decision = scene.decide();
        assertEquals(
                decision.toText(),
                List.of(reasons),
                decision.holds().stream().map(Hold::reason).distinct().toList());
        return decision;
    }

    /** The one statement of this person that is set aside. */
    static SetAside setAside(Decision decision, String kind, String person) {
        List<SetAside> found = decision.setAside().stream()
                .filter(s -> s.kind().equals(kind) && s.person().equals(person))
                .toList();
        assertEquals(decision.toText(), 1, found.size());
        return found.get(0);
    }

    /** Held because approvals are missing, and this person's was set aside for this reason. */
    static SetAside assertSetAside(Scene scene, String person, SetAsideReason reason) {
        SetAside found = setAside(assertHeld(scene, HoldReason.APPROVALS_MISSING), "approval", person);
        assertEquals(found.text(), reason, found.reason());
        return found;
    }
}
