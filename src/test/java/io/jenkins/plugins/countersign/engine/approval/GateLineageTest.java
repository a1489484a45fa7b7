package io.jenkins.plugins.countersign.engine.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import org.junit.Test;

/** The policy of these scenes says {@code lineage: required}. */
public class GateLineageTest {

    @Test
    public void whatNobodyLookedAtHolds() {
        Hold hold = only(null);
        assertThat(hold.text(), containsString("was not looked at here"));
    }

    @Test
    public void aForeignBaseHoldsWithItsReason() {
        Hold hold = only(new BaseLineage(false, Sentence.verbatim("linux/amd64 stands on something else")));
        assertThat(hold.text(), containsString("linux/amd64 stands on something else"));
    }

    @Test
    public void aProvenLineageDoesNotHold() {
        assertTrue(Scene.qa()
                .approved("carol", "qa")
                .with(input -> input.withBase(new BaseLineage(true, Sentence.verbatim("descends from golden"))))
                .decide()
                .isOpen());
    }

    private static Hold only(BaseLineage base) {
        Decision decision = Scene.qa()
                .approved("carol", "qa")
                .with(input -> input.withBase(base))
                .decide();
        assertEquals(decision.toText(), 1, decision.holds().size());
        assertEquals(HoldReason.LINEAGE, decision.holds().get(0).reason());
        return decision.holds().get(0);
    }
}
