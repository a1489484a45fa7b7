package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Heredoc;
import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What happens inside the stages after all names are resolved: variables of stages, remote files, order of stages.
 *
 * <p>Source: {@code dispatch} in {@code dockerfile2llb/convert.go}. What a base image sets (its environment, its working
 * directory) is not known here; a complaint that its variables could silence becomes an {@link Unknown}.
 */
final class StageDispatch {

    private final Resolution resolution;
    private final Budget budget;
    private final ShellLexer lexer;
    private final Set<String> unset = new TreeSet<>();

    StageDispatch(Resolution resolution, Budget budget) {
        this.resolution = resolution;
        this.budget = budget;
        this.lexer = resolution.lexer();
    }

    /** The builder stops at this instruction. */
    static final class StopException extends Exception {

        private static final long serialVersionUID = 1L;

        StopException(String message) {
            super(message, null, false, false);
        }
    }

    void run(boolean allStages) throws TooMuchException {
        for (StageState state : resolution.states()) {
            if (!allStages && (!state.reachable || state.dispatched)) {
                continue;
            }
            state.dispatched = true;
            state.workingDirectory = state.base == null ? "" : state.base.workingDirectory;
            boolean onImage = state.standsOnImage(budget);
            for (StageState.Command command : state.commands) {
                unset.clear();
                try {
                    dispatch(state, command);
                } catch (LexerException | StopException e) {
                    if (unset.isEmpty() || !onImage) {
                        resolution.refuse(new DockerfileException(command.place(), GoText.shown(e.getMessage())));
                        return;
                    }
                    String name = GoText.shown(unset.iterator().next());
                    resolution.unknown(
                            Unknown.Kind.VARIABLE,
                            name,
                            Sentence.of("dockerfile.stopsUnlessSet", name, e.getMessage()),
                            command.place());
                }
            }
        }
    }

    private void dispatch(StageState state, StageState.Command command)
            throws LexerException, StopException, TooMuchException {
        Instruction instruction = command.instruction();
        if (instruction instanceof Instruction.Pairs pairs) {
            pairs(state, pairs);
        } else if (instruction instanceof Instruction.Arg arg) {
            arg(state, arg);
        } else if (instruction instanceof Instruction.Copy copy) {
            copy(state, copy, command);
        } else if (instruction instanceof Instruction.Run run) {
            run(state, run, command);
        } else if (instruction instanceof Instruction.Expose expose) {
            for (String port : expose.ports()) {
                for (String word : process(state, port).words()) {
                    Ports.verify(word);
                }
            }
        } else if (instruction instanceof Instruction.Texts texts) {
            texts(state, texts);
        }
    }

    private ShellLexer.Result process(StageState state, String word) throws LexerException, TooMuchException {
        return lexer.process(word, name -> {
            String value = state.variable(name, budget);
            if (value == null) {
                unset.add(name);
            }
            return value;
        });
    }

    private String expand(StageState state, String word) throws LexerException, TooMuchException {
        return word.isEmpty() ? word : process(state, word).text();
    }

    private void pairs(StageState state, Instruction.Pairs pairs) throws LexerException, TooMuchException {
        List<Map.Entry<String, String>> expanded =
                new ArrayList<>(pairs.variables().size());
        for (Instruction.Variable variable : pairs.variables()) {
            expanded.add(Map.entry(expand(state, variable.name()), expand(state, variable.value())));
        }
        if (pairs.environment()) {
            expanded.forEach(pair -> state.environment.put(pair.getKey(), pair.getValue()));
        }
    }

    private void arg(StageState state, Instruction.Arg arg) throws LexerException, TooMuchException {
        for (Instruction.Variable variable : arg.variables()) {
            String value = resolution.buildArgs().get(variable.name());
            if (value == null) {
                value = variable.value() == null
                        ? resolution.globals().get(variable.name())
                        : expand(state, variable.value());
            }
            boolean scanner = variable.name().equals("BUILDKIT_SBOM_SCAN_CONTEXT")
                    || variable.name().equals("BUILDKIT_SBOM_SCAN_STAGE");
            if (value != null && !scanner) {
                state.environment.put(variable.name(), value);
            }
        }
    }

    private void texts(StageState state, Instruction.Texts texts)
            throws LexerException, StopException, TooMuchException {
        for (String text : texts.texts()) {
            String expanded = expand(state, text);
            switch (texts.node().lowered()) {
                case "workdir" -> {
                    WindowsPaths.verify(expanded, system(state));
                    state.workingDirectory = joined(state.workingDirectory, expanded);
                }
                case "stopsignal" -> Signals.verify(expanded);
                case "volume" -> {
                    if (expanded.isEmpty()) {
                        throw new StopException("VOLUME specified can not be an empty string");
                    }
                }
                default -> {}
            }
        }
    }

    private void copy(StageState state, Instruction.Copy copy, StageState.Command command)
            throws LexerException, StopException, TooMuchException {
        expand(state, copy.chown());
        String chmod = expand(state, copy.chmod());
        String checksum = expand(state, copy.checksum());
        List<String> sources = new ArrayList<>(copy.sources().size());
        Set<String> missing = new TreeSet<>();
        for (String source : copy.sources()) {
            ShellLexer.Result expanded = process(state, source);
            sources.add(expanded.text());
            if (copy.add() && source.replace("\"", "").startsWith("$")) {
                missing.addAll(expanded.unset());
            }
        }
        String destination = expand(state, copy.destination());
        for (Heredoc body : copy.bodies()) {
            if (body.expand()) {
                ShellLexer.ofHeredocBody(budget).process(body.content(), name -> {
                    String value = state.variable(name, budget);
                    if (value == null) {
                        unset.add(name);
                    }
                    return value;
                });
            }
        }
        for (StageState source : command.sources()) {
            if (!source.dispatched) {
                throw new StopException("cannot copy from stage \"" + copy.from()
                        + "\", it needs to be defined before current stage \"" + state.name + "\"");
            }
        }
        WindowsPaths.verify(destination, system(state));
        verifyChmod(chmod);
        verifySources(copy, sources, checksum);
        for (String source : sources) {
            if (RemoteSource.of(source) == RemoteSource.LOCAL) {
                WindowsPaths.verify(source, system(state));
            }
        }
        for (Heredoc body : copy.bodies()) {
            WindowsPaths.verify(body.name(), system(state));
        }
        if (copy.add()) {
            reportRemote(sources, missing, command.place());
        }
    }

    private static void verifyChmod(String chmod) throws StopException {
        if (chmod.isEmpty()) {
            return;
        }
        Long octal = GoNumbers.unsigned(chmod, 8);
        if (octal != null ? octal > 07777 : !Signals.isSymbolicMode(chmod)) {
            throw new StopException(
                    "invalid chmod parameter: '" + chmod + "'. it should be octal string and between 0 and 07777");
        }
    }

    private static void verifySources(Instruction.Copy copy, List<String> sources, String checksum)
            throws StopException {
        if (!checksum.isEmpty()) {
            if (sources.size() != 1) {
                throw new StopException("checksum can't be specified for multiple sources");
            }
            if (RemoteSource.of(sources.get(0)) == RemoteSource.LOCAL) {
                throw new StopException("checksum requires HTTP(S) or Git sources");
            }
        }
        for (String source : sources) {
            RemoteSource remote = RemoteSource.of(source);
            if (remote == RemoteSource.GIT) {
                RemoteSource.verifyGitQuery(source);
                if (!copy.add()) {
                    throw new StopException("source can't be a git ref for COPY");
                }
                RemoteSource.verifyGitOptions(source, checksum, copy.keepGitDir());
            } else if (remote == RemoteSource.HTTP) {
                if (!copy.add()) {
                    throw new StopException("source can't be a URL for COPY");
                }
                if (!checksum.isEmpty() && !ImageNames.isDigest(checksum)) {
                    throw new StopException("invalid checksum digest format");
                }
            }
        }
    }

    private void reportRemote(List<String> sources, Set<String> missing, Place place) {
        for (String source : sources) {
            if (RemoteSource.of(source) != RemoteSource.LOCAL) {
                resolution.unknown(
                        Unknown.Kind.REMOTE_ADD,
                        GoText.shown(source),
                        Sentence.of("dockerfile.remoteAdd", GoText.shown(source)),
                        place);
            }
        }
        for (String name : missing) {
            resolution.unknown(
                    Unknown.Kind.VARIABLE,
                    GoText.shown(name),
                    Sentence.of("dockerfile.variableDecidesAdd", GoText.shown(name)),
                    place);
        }
    }

    private void run(StageState state, Instruction.Run run, StageState.Command command)
            throws LexerException, StopException, TooMuchException {
        List<Mount> mounts = new ArrayList<>(run.mounts().size());
        for (Node.Word mount : run.mounts()) {
            mounts.add(Mount.read(Csv.fields(mount.text()), value -> expand(state, value)));
        }
        if (run.devices() && !resolution.readByLabs()) {
            throw new StopException("device feature is only supported in Dockerfile frontend 1.14.0-labs or later");
        }
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            boolean hasSource = !mount.from().isEmpty() || mount.type().equals("cache");
            if (hasSource && !command.sources().get(i).dispatched) {
                throw new StopException("cannot mount from stage \"" + mount.from() + "\" to \"" + mount.target()
                        + "\", stage needs to be defined before current command");
            }
            mount.verifyDispatch();
            if (mount.hasTarget()) {
                String target = mount.target().startsWith("/")
                        ? mount.target()
                        : cleaned("/" + state.workingDirectory + "/" + mount.target());
                if (target.equals("/")) {
                    throw new StopException("invalid mount target \"/\"");
                }
            }
        }
    }

    private String system(StageState state) throws TooMuchException {
        StageState root = state;
        while (root.base != null) {
            budget.step(1);
            root = root.base;
        }
        return (root.platform == null ? resolution.target() : root.platform).os();
    }

    private static String joined(String directory, String path) {
        return cleaned(path.startsWith("/") ? path : directory + "/" + path);
    }

    /** {@code path.Clean} of an absolute path */
    private static String cleaned(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.remove(parts.size() - 1);
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return "/" + String.join("/", parts);
    }
}
