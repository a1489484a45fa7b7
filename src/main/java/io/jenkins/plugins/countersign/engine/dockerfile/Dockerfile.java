package io.jenkins.plugins.countersign.engine.dockerfile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A Dockerfile, read as BuildKit reads it.
 *
 * <p>Reading is linear in the size of the file and bounded in memory: files above 16 MiB and expansions without end are
 * refused.
 */
public final class Dockerfile {

    /** A stage as it stands in the file. */
    record Stage(Instruction.From from, List<Instruction> commands) {}

    private final String name;
    private final String text;
    private final char escape;
    private final List<Instruction.Arg> globalArguments;
    private final List<Stage> stages;
    private final Directives.Syntax syntax;

    private Dockerfile(
            String name,
            String text,
            char escape,
            List<Instruction.Arg> globalArguments,
            List<Stage> stages,
            Directives.Syntax syntax) {
        this.name = name;
        this.text = text;
        this.escape = escape;
        this.globalArguments = globalArguments;
        this.stages = stages;
        this.syntax = syntax;
    }

    /** @throws DockerfileException if the builder would refuse it */
    public static Dockerfile parse(byte[] content, String name) throws DockerfileException {
        if (content.length > Budget.MAX_FILE) {
            throw new DockerfileException(
                    Place.NOWHERE,
                    "the Dockerfile has " + content.length + " bytes, at most " + Budget.MAX_FILE + " are read");
        }
        return parseText(GoText.of(content), name);
    }

    /** @throws DockerfileException if the builder would refuse it */
    public static Dockerfile parse(String content, String name) throws DockerfileException {
        return parse(content.getBytes(StandardCharsets.UTF_8), name);
    }

    private static Dockerfile parseText(String text, String name) throws DockerfileException {
        if (text.isEmpty()) {
            throw new DockerfileException(Place.line(1), "the Dockerfile cannot be empty");
        }
        LintOptions.verify(Directives.check(text));
        Budget budget = new Budget();
        InstructionReader reader = new InstructionReader(text, budget);
        List<Instruction.Arg> globals = new ArrayList<>();
        List<Stage> stages = new ArrayList<>();
        try {
            List<Node> nodes = reader.read();
            Instructions instructions = new Instructions(budget);
            for (Node node : nodes) {
                Instruction instruction = instructions.read(node);
                if (instruction instanceof Instruction.From from) {
                    stages.add(new Stage(from, new ArrayList<>()));
                } else if (!stages.isEmpty()) {
                    stages.get(stages.size() - 1).commands().add(instruction);
                } else if (instruction instanceof Instruction.Arg arg) {
                    globals.add(arg);
                } else {
                    throw new DockerfileException(node.place(), "no build stage in current context");
                }
            }
        } catch (TooMuchException e) {
            throw new DockerfileException(Place.NOWHERE, e.getMessage());
        }
        if (stages.isEmpty()) {
            throw new DockerfileException(Place.line(1), "dockerfile contains no stages to build");
        }
        return new Dockerfile(name, text, reader.escape(), globals, stages, Directives.syntax(text));
    }

    public String name() {
        return name;
    }

    /** The exact bytes of the file. */
    public byte[] content() {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The physical lines, without their ends, to show them to people. */
    public List<String> lines() {
        return new String(content(), StandardCharsets.UTF_8).lines().toList();
    }

    /** What stands behind {@code # syntax=}, as written. */
    public Optional<String> frontend() {
        return Optional.ofNullable(syntax).map(found -> GoText.shown(found.image()));
    }

    String text() {
        return text;
    }

    char escape() {
        return escape;
    }

    List<Instruction.Arg> globalArguments() {
        return globalArguments;
    }

    List<Stage> stages() {
        return stages;
    }
}
