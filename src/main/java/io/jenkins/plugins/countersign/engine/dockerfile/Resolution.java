package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs.Refusal;
import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Stages, names and variables of one file for one platform: which images the build asks the registry for.
 *
 * <p>Source: {@code dockerfile2llb/convert.go}, {@code convert_runmount.go}, {@code dockerui/namedcontext.go}. The steps
 * stand in the builder's order, since an error in one keeps the next from happening.
 */
final class Resolution {

    private static final String SCRATCH = "scratch";

    private static final int MAX_TRIGGERS = 1_000;

    private final Dockerfile file;
    private final BuildOptions options;
    private final Platform target;
    private final BaseTriggers triggers;
    private final Budget budget;
    private final ShellLexer lexer;
    private final Map<String, String> buildArgs = new HashMap<>();
    private final Map<String, String> globals = new LinkedHashMap<>();
    private final Map<String, Set<String>> unsetIn = new HashMap<>();
    private final Map<String, String> contexts = new HashMap<>();
    private final List<StageState> states = new ArrayList<>();
    private final Map<String, StageState> byName = new HashMap<>();
    private final List<Unknown> unknowns = new ArrayList<>();
    private Refusal refusal;
    private int triggersRun;

    Resolution(Dockerfile file, BuildOptions options, Platform target, BaseTriggers triggers, Budget budget) {
        this.file = file;
        this.options = options;
        this.target = target;
        this.triggers = triggers;
        this.budget = budget;
        this.lexer = ShellLexer.expanding(file.escape(), budget);
        options.buildArgs().forEach((name, value) -> buildArgs.put(GoText.from(name), GoText.from(value)));
    }

    List<StageState> states() {
        return states;
    }

    List<Unknown> unknowns() {
        return unknowns;
    }

    Refusal refusal() {
        return refusal;
    }

    Map<String, String> globals() {
        return globals;
    }

    Map<String, String> buildArgs() {
        return buildArgs;
    }

    /** Whether a frontend with what is not stable yet was asked for. */
    boolean readByLabs() {
        return file.frontend().filter(frontend -> frontend.contains("labs")).isPresent();
    }

    ShellLexer lexer() {
        return lexer;
    }

    Platform target() {
        return target;
    }

    void run() throws TooMuchException {
        try {
            readContexts();
            setPlatformArguments();
            setGlobalArguments();
            SourceDateEpoch.apply(this, file);
            addStages();
            StageState last = targetStage();
            connect();
            refuseCircles();
            resolve(last);
            new StageDispatch(this, budget).run(options.allStages());
        } catch (DockerfileException e) {
            refuse(e);
        }
    }

    void refuse(DockerfileException e) {
        if (refusal == null) {
            refusal = new Refusal(e.getMessage(), e.place());
        }
    }

    void unknown(Unknown.Kind kind, String subject, Sentence sentence, Place place) {
        unknowns.add(new Unknown(kind, subject, sentence, place));
    }

    private void setPlatformArguments() {
        Platform build = Platforms.normalised(options.buildPlatform());
        define("BUILDPLATFORM", build.toString());
        define("BUILDOS", build.os());
        define("BUILDOSVERSION", "");
        define("BUILDARCH", build.architecture());
        define("BUILDVARIANT", build.variant());
        define("TARGETPLATFORM", target.toString());
        define("TARGETOS", target.os());
        define("TARGETOSVERSION", "");
        define("TARGETARCH", target.architecture());
        define("TARGETVARIANT", target.variant());
        String stage = GoText.from(options.target());
        if (stage.isEmpty()) {
            stage = file.stages().get(file.stages().size() - 1).from().name();
        }
        define("TARGETSTAGE", stage.isEmpty() ? "default" : stage);
    }

    private void define(String name, String value) {
        globals.put(name, buildArgs.getOrDefault(name, value));
    }

    private void setGlobalArguments() throws DockerfileException, TooMuchException {
        for (Instruction.Arg arg : file.globalArguments()) {
            for (Instruction.Variable variable : arg.variables()) {
                String given = buildArgs.get(variable.name());
                if (given != null) {
                    globals.put(variable.name(), given);
                    unsetIn.remove(variable.name());
                } else if (variable.value() != null) {
                    Set<String> unset = new TreeSet<>();
                    globals.put(
                            variable.name(),
                            expandGlobal(variable.value(), arg.node().place(), unset));
                    if (unset.isEmpty()) {
                        unsetIn.remove(variable.name());
                    } else {
                        unsetIn.put(variable.name(), unset);
                    }
                }
            }
        }
    }

    /** Expands with the global arguments; {@code unset} receives the variables that stand behind it without a value. */
    String expandGlobal(String word, Place place, Set<String> unset) throws DockerfileException, TooMuchException {
        try {
            ShellLexer.Result result = lexer.process(word, name -> {
                Set<String> behind = unsetIn.get(name);
                if (behind != null) {
                    unset.addAll(behind);
                }
                return globals.get(name);
            });
            unset.addAll(result.unset());
            return result.text();
        } catch (LexerException e) {
            throw new DockerfileException(place, "failed to process \"" + GoText.shown(word) + "\": " + e.getMessage());
        }
    }

    private void addStages() throws DockerfileException, TooMuchException {
        int index = 0;
        for (Dockerfile.Stage stage : file.stages()) {
            Instruction.From from = stage.from();
            Place place =
                    from.node().source().place(from.base().start(), from.base().end());
            Set<String> unset = new TreeSet<>();
            String baseName = expandGlobal(from.base().text(), place, unset);
            for (String variable : unset) {
                unknown(
                        Unknown.Kind.VARIABLE,
                        GoText.shown(variable),
                        Sentence.of(
                                "dockerfile.variableDecides",
                                GoText.shown(variable),
                                GoText.shown(from.base().text())),
                        place);
            }
            if (baseName.isEmpty()) {
                throw new DockerfileException(
                        place, "base name (" + GoText.shown(from.base().text()) + ") should not be blank");
            }
            StageState state = new StageState(
                    index++,
                    from,
                    baseName,
                    from.name(),
                    BuildInput.Kind.BASE,
                    GoText.shown(from.base().text()),
                    place,
                    null);
            if (!from.platform().isEmpty()) {
                setPlatform(state, from, place);
            }
            if (!from.name().isEmpty()) {
                String context = stageContext(state, place);
                if (context != null) {
                    state.context = context;
                    register(state);
                    state.base = null;
                    continue;
                }
            }
            register(state);
        }
    }

    private void setPlatform(StageState state, Instruction.From from, Place place)
            throws DockerfileException, TooMuchException {
        Set<String> unset = new TreeSet<>();
        String text = expandGlobal(from.platform(), place, unset);
        if (text.isEmpty()) {
            throw new DockerfileException(
                    place, "empty platform value from expression " + GoText.shown(from.platform()));
        }
        state.platform = Platforms.parse(text, options.buildPlatform());
        if (state.platform == null) {
            throw new DockerfileException(place, "failed to parse platform " + GoText.shown(from.platform()));
        }
        state.platformText = GoText.shown(text);
    }

    private void register(StageState state) {
        states.add(state);
        state.base = byName.get(state.baseName);
        if (!state.name.isEmpty()) {
            byName.put(state.name, state);
        }
    }

    private StageState targetStage() throws DockerfileException {
        if (options.target().isEmpty()) {
            return states.get(states.size() - 1);
        }
        StageState found = byName.get(GoText.lower(GoText.from(options.target())));
        if (found == null) {
            throw new DockerfileException(
                    Place.NOWHERE, "target stage \"" + options.target() + "\" could not be found");
        }
        return found;
    }

    private void connect() throws DockerfileException, TooMuchException {
        for (int i = 0, stages = states.size(); i < stages; i++) {
            StageState state = states.get(i);
            for (Instruction instruction : file.stages().get(i).commands()) {
                state.commands.add(command(instruction, state, null));
            }
        }
    }

    /** {@code toCommand}: finds or adds what the instruction takes from. */
    private StageState.Command command(Instruction instruction, StageState owner, Place trigger)
            throws DockerfileException, TooMuchException {
        Place place = trigger != null ? trigger : instruction.node().place();
        List<StageState> sources = List.of();
        if (instruction instanceof Instruction.Copy copy && !copy.from().isEmpty()) {
            sources = List.of(copySource(copy, owner, trigger));
        } else if (instruction instanceof Instruction.Run run && !run.mounts().isEmpty()) {
            sources = new ArrayList<>(run.mounts().size());
            for (int i = 0; i < run.mounts().size(); i++) {
                String from = run.mountSources().get(i);
                StageState found = byName.get(GoText.lower(from.isEmpty() ? SCRATCH : from));
                if (found == null) {
                    Place at = trigger != null
                            ? trigger
                            : Values.ofMount(
                                    file.text(), run.node(), run.mounts().get(i), from);
                    found = unregistered(from.isEmpty() ? SCRATCH : from, BuildInput.Kind.MOUNT, at, owner);
                }
                sources.add(found);
            }
        }
        owner.dependencies.addAll(sources);
        return new StageState.Command(instruction, sources, place, trigger != null);
    }

    private StageState copySource(Instruction.Copy copy, StageState owner, Place trigger)
            throws DockerfileException, TooMuchException {
        String from = copy.from();
        String expanded;
        try {
            expanded = lexer.process(from, ShellLexer.Variables.NONE).text();
        } catch (LexerException e) {
            throw Instructions.error(copy.node(), e.getMessage());
        }
        if (!expanded.equals(from)) {
            throw Instructions.error(
                    copy.node(),
                    "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround");
        }
        Long number = GoNumbers.integer(from);
        if (number != null) {
            if (number < 0 || number >= states.size()) {
                throw Instructions.error(copy.node(), "invalid stage index " + number);
            }
            return states.get(number.intValue());
        }
        StageState found = byName.get(GoText.lower(from));
        if (found != null) {
            return found;
        }
        Place place = trigger != null ? trigger : Values.ofFlag(file.text(), copy.node(), "from", from);
        return unregistered(from, BuildInput.Kind.COPY, place, owner);
    }

    private StageState unregistered(String name, BuildInput.Kind kind, Place place, StageState owner) {
        StageState state = new StageState(states.size(), null, name, "", kind, GoText.shown(name), place, owner.owner);
        register(state);
        return state;
    }

    private void refuseCircles() throws DockerfileException, TooMuchException {
        Map<StageState, Integer> visited = new HashMap<>();
        for (StageState start : states) {
            if (visited.containsKey(start)) {
                continue;
            }
            Deque<StageState> path = new ArrayDeque<>();
            path.push(start);
            visited.put(start, 0);
            while (!path.isEmpty()) {
                StageState state = path.peek();
                int next = visited.get(state);
                if (next == state.dependencies.size()) {
                    visited.put(state, -1);
                    path.pop();
                    continue;
                }
                visited.put(state, next + 1);
                budget.step(1);
                StageState dependency = state.dependencies.get(next);
                Integer progress = visited.get(dependency);
                if (progress == null) {
                    visited.put(dependency, 0);
                    path.push(dependency);
                } else if (progress >= 0) {
                    throw new DockerfileException(
                            start.place, "circular dependency detected on stage: " + GoText.shown(start.name));
                }
            }
        }
    }

    private void resolve(StageState last) throws DockerfileException, TooMuchException {
        Deque<StageState> waiting = new ArrayDeque<>();
        reach(last, waiting);
        follow(waiting, true);
        if (options.allStages()) {
            // BuildKit itself runs triggers only on the way to the target
            boolean triggersEverywhere = options.builder() != BuildOptions.Builder.BUILDKIT;
            for (StageState state : List.copyOf(states)) {
                reach(state, waiting);
            }
            follow(waiting, triggersEverywhere);
        }
        for (StageState state : states) {
            if (!state.reachable && state.base == null) {
                image(state);
            }
        }
    }

    private void follow(Deque<StageState> waiting, boolean withTriggers) throws DockerfileException, TooMuchException {
        while (!waiting.isEmpty()) {
            StageState state = waiting.poll();
            budget.step(1);
            if (state.base != null) {
                reach(state.base, waiting);
            } else {
                image(state);
            }
            if (withTriggers) {
                readTriggers(state);
            }
            for (StageState dependency : state.dependencies) {
                reach(dependency, waiting);
            }
        }
    }

    private static void reach(StageState state, Deque<StageState> waiting) {
        if (!state.reachable) {
            state.reachable = true;
            waiting.add(state);
        }
    }

    /** {@code resolveBaseImage} */
    private void image(StageState state) {
        if (!state.inFile()) {
            state.dispatched = true;
        }
        if (state.baseName.equals(SCRATCH) && state.context == null) {
            if (state.inFile() && state.reachable) {
                unknown(Unknown.Kind.SCRATCH, SCRATCH, Sentence.of("dockerfile.scratch"), state.place);
            }
            return;
        }
        try {
            String reference = ImageNames.normalise(state.baseName);
            String context = state.context;
            if (context == null && state.reachable) {
                context = context(reference, state.platform == null ? target : state.platform);
            }
            if (context == null) {
                state.image = true;
                state.reference = reference;
                return;
            }
            if (state.context != null && state.reachable) {
                state.dispatched = true;
            }
            contextImage(state, context);
        } catch (ImageNames.NameException e) {
            refuse(new DockerfileException(
                    state.place,
                    "failed to parse stage name \"" + GoText.shown(state.baseName) + "\": "
                            + GoText.shown(e.getMessage())));
        }
    }

    private void contextImage(StageState state, String context) throws ImageNames.NameException {
        if (!context.startsWith("docker-image:")) {
            unknown(
                    Unknown.Kind.NAMED_CONTEXT,
                    GoText.shown(context),
                    Sentence.of("dockerfile.namedContext", GoText.shown(context), state.written),
                    state.place);
            return;
        }
        String name = context.substring("docker-image:".length());
        if (name.startsWith("//")) {
            name = name.substring(2);
        }
        if (!name.equals(SCRATCH)) {
            state.image = true;
            state.reference = ImageNames.normalise(name);
        }
    }

    private void readTriggers(StageState state) throws DockerfileException, TooMuchException {
        if (state.triggersRead) {
            return;
        }
        state.triggersRead = true;
        List<StageState.Command> added = new ArrayList<>();
        if (state.base != null) {
            for (StageState.Command command : state.base.commands) {
                if (command.instruction() instanceof Instruction.Onbuild onbuild) {
                    Place place =
                            command.trigger() ? state.place : onbuild.node().place();
                    added.add(trigger(onbuild.expression(), state, place));
                }
            }
        } else if (state.image) {
            String platform = (state.platform == null ? target : state.platform).toString();
            try {
                for (String trigger : triggers.onbuild(state.reference, platform)) {
                    added.add(trigger(GoText.from(trigger), state, state.place));
                }
            } catch (IOException e) {
                unknown(
                        Unknown.Kind.ONBUILD,
                        state.reference,
                        Sentence.of("dockerfile.triggersUnread", state.reference, e.getMessage()),
                        state.place);
            }
        }
        if (!added.isEmpty()) {
            added.addAll(state.commands);
            state.commands = added;
        }
    }

    private StageState.Command trigger(String expression, StageState state, Place place)
            throws DockerfileException, TooMuchException {
        // an image whose trigger copies from that image: the builder itself runs round in this circle for ever
        if (++triggersRun > MAX_TRIGGERS) {
            throw new TooMuchException("more than " + MAX_TRIGGERS + " ONBUILD triggers set each other off");
        }
        try {
            List<Node> nodes = new InstructionReader(expression, budget).read();
            if (nodes.size() != 1) {
                throw new DockerfileException(place, "onbuild trigger should be a single expression");
            }
            Instruction instruction = new Instructions(budget).read(nodes.get(0));
            if (instruction instanceof Instruction.From) {
                throw new DockerfileException(place, "FROM is not a command type");
            }
            return command(instruction, state, place);
        } catch (DockerfileException e) {
            throw new DockerfileException(
                    place, "ONBUILD " + GoText.shown(shortened(expression)) + ": " + e.getMessage());
        }
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }

    private void readContexts() throws DockerfileException {
        for (Map.Entry<String, String> context : options.contexts().entrySet()) {
            String name = GoText.from(context.getKey());
            int separator = name.indexOf("::");
            String bare = separator < 0 ? name : name.substring(0, separator);
            try {
                contexts.put(
                        familiar(ImageNames.normalise(bare)) + (separator < 0 ? "" : name.substring(separator)),
                        GoText.from(context.getValue()));
            } catch (ImageNames.NameException e) {
                throw new DockerfileException(Place.NOWHERE, "invalid context name " + context.getKey());
            }
        }
    }

    private String stageContext(StageState state, Place place) {
        if (state.name.equals(SCRATCH) || state.name.equals("context")) {
            return null;
        }
        try {
            return context(ImageNames.normalise(state.name), state.platform == null ? target : state.platform);
        } catch (ImageNames.NameException e) {
            refuse(new DockerfileException(place, "invalid context name " + GoText.shown(state.name)));
            return null;
        }
    }

    boolean hasContext(String name) {
        try {
            return context(ImageNames.normalise(name), target) != null;
        } catch (ImageNames.NameException e) {
            return false;
        }
    }

    private String context(String reference, Platform platform) {
        if (contexts.isEmpty()) {
            return null;
        }
        String name = familiar(reference);
        String forPlatform = contexts.get(name + "::" + Platforms.normalised(platform));
        return forPlatform != null ? forPlatform : contexts.get(name);
    }

    /** {@code strings.TrimSuffix(reference.FamiliarString(named), ":latest")} */
    private static String familiar(String reference) {
        String name = reference;
        if (name.startsWith("docker.io/")) {
            name = name.substring("docker.io/".length());
            int colon = name.indexOf(':');
            String path = colon < 0 ? name : name.substring(0, colon);
            if (path.startsWith("library/") && path.indexOf('/', "library/".length()) < 0) {
                name = name.substring("library/".length());
            }
        }
        return name.endsWith(":latest") ? name.substring(0, name.length() - ":latest".length()) : name;
    }

    /** A build argument or global argument; see {@link SourceDateEpoch}. */
    void replaceGlobal(String name, String value) {
        if (value.isEmpty()) {
            buildArgs.remove(name);
            globals.remove(name);
        } else {
            buildArgs.computeIfPresent(name, (unused, old) -> value);
            globals.computeIfPresent(name, (unused, old) -> value);
        }
    }
}
