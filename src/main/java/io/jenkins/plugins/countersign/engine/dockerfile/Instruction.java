package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.Node.Heredoc;
import io.jenkins.plugins.countersign.engine.dockerfile.Node.Word;
import java.util.List;

/** An instruction whose form is right, with what matters to the images of a build. Source: {@code instructions/commands.go}. */
sealed interface Instruction {

    Node node();

    /** {@code FROM}; {@code name} and {@code platform} are empty when absent. */
    record From(Node node, Word base, String name, String platform) implements Instruction {}

    /** {@code ARG} */
    record Arg(Node node, List<Variable> variables) implements Instruction {}

    /** {@code ENV} and {@code LABEL} */
    record Pairs(Node node, boolean environment, List<Variable> variables) implements Instruction {}

    /** {@code COPY} and {@code ADD}; {@code from} is empty when absent. */
    record Copy(
            Node node,
            boolean add,
            String from,
            List<String> sources,
            List<Heredoc> bodies,
            String destination,
            String chown,
            String chmod,
            String checksum,
            Boolean keepGitDir)
            implements Instruction {}

    /** {@code RUN}; the flags {@code --mount} in their order. */
    record Run(Node node, List<Word> mounts, List<String> mountSources, boolean devices) implements Instruction {}

    /** {@code ONBUILD}; the trigger as text, for it is read again in the build that stands on this stage. */
    record Onbuild(Node node, String expression) implements Instruction {}

    /** An instruction whose one text is expanded: {@code WORKDIR}, {@code USER}, {@code STOPSIGNAL}, and {@code VOLUME}s. */
    record Texts(Node node, List<String> texts) implements Instruction {}

    /** {@code EXPOSE}: text that is expanded, and split afterwards. */
    record Expose(Node node, List<String> ports) implements Instruction {}

    /** What brings nothing in and expands nothing. */
    record Other(Node node) implements Instruction {}

    /** @param value null when only the name is given */
    record Variable(String name, String value) {}
}
