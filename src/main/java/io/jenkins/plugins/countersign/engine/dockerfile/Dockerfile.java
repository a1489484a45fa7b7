package io.jenkins.plugins.countersign.engine.dockerfile;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A Dockerfile, read as BuildKit reads it. */
public final class Dockerfile {

    private final String name;
    private final byte[] content;

    private Dockerfile(String name, byte[] content) {
        this.name = name;
        this.content = content;
    }

    /** @throws DockerfileException if the builder would refuse it */
    public static Dockerfile parse(byte[] content, String name) throws DockerfileException {
        return new Dockerfile(name, content.clone());
    }

    /** @throws DockerfileException if the builder would refuse it */
    public static Dockerfile parse(String content, String name) throws DockerfileException {
        return parse(content.getBytes(StandardCharsets.UTF_8), name);
    }

    public String name() {
        return name;
    }

    /** The exact bytes of the file. */
    public byte[] content() {
        return content.clone();
    }

    /** The physical lines, without their ends, to show them to people. */
    public List<String> lines() {
        return new String(content, StandardCharsets.UTF_8).lines().toList();
    }
}
