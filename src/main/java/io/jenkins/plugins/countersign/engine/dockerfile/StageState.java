package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Word;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A stage of the build, or an image that a {@code COPY} or a mount names, which the builder treats alike. */
final class StageState {

    /**
     * @param sources the stages or images it takes from: of a {@code COPY --from} one, of a {@code RUN} one for each mount
     * @param place where the instruction stands; of a trigger the {@code FROM} that sets it off
     */
    record Command(Instruction instruction, List<StageState> sources, Place place, boolean trigger) {}

    /** As the builder counts them. */
    final int index;

    /** After expansion. */
    final String baseName;

    final String name;
    final BuildInput.Kind kind;
    final String written;
    final Place place;

    /** The stage in the file that brings it in. */
    final StageState owner;

    /** The instruction; null for an image that a COPY or a mount names. */
    final Instruction.From from;

    StageState base;
    String platformText = "";
    Platform platform;
    String context;
    List<Command> commands = new ArrayList<>();
    final List<StageState> dependencies = new ArrayList<>();
    boolean reachable;
    boolean triggersRead;
    boolean dispatched;
    boolean image;
    String reference;

    /** Variables that this stage sets; the rest comes from its base. */
    final Map<String, String> environment = new HashMap<>();

    String workingDirectory;

    StageState(
            int index,
            Instruction.From from,
            String baseName,
            String name,
            BuildInput.Kind kind,
            String written,
            Place place,
            StageState owner) {
        this.index = index;
        this.from = from;
        this.baseName = baseName;
        this.name = name;
        this.kind = kind;
        this.written = written;
        this.place = place;
        this.owner = owner == null ? this : owner;
    }

    boolean inFile() {
        return from != null;
    }

    /** Whether variables that nothing in the file sets may come from an image. */
    boolean standsOnImage(Budget budget) throws TooMuchException {
        StageState state = this;
        while (state.base != null) {
            budget.step(1);
            state = state.base;
        }
        return state.image;
    }

    String variable(String variable, Budget budget) throws TooMuchException {
        for (StageState state = this; state != null; state = state.base) {
            budget.step(1);
            String value = state.environment.get(variable);
            if (value != null) {
                return value;
            }
        }
        return variable.equals("PATH") ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" : null;
    }

    Place placeOf(Word word) {
        return from.node().source().place(word.start(), word.end());
    }
}
