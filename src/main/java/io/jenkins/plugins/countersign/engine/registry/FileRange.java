package io.jenkins.plugins.countersign.engine.registry;

import java.nio.file.Path;

/**
 * Where content lies on disk as it is, so that the kernel can send it without this process reading it.
 *
 * @param offset of its first byte in the file
 */
record FileRange(Path file, long offset) {}
