/** Typed progress: what the engine is doing, for a terminal, a build log or nobody. */
package io.jenkins.plugins.countersign.engine.event;
