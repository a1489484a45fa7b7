/**
 * What a Dockerfile build brings in: every external image, at its line and column, as BuildKit resolves it.
 *
 * <p>The reference is moby/buildkit v0.32.2 (Dockerfile frontend 1.26): {@code frontend/dockerfile/parser},
 * {@code shell}, {@code instructions}, {@code dockerfile2llb}. Text is kept as Go keeps it, as bytes: see
 * {@link io.jenkins.plugins.countersign.engine.dockerfile.GoText}.
 */
package io.jenkins.plugins.countersign.engine.dockerfile;
