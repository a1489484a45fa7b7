/**
 * Image repositories: push, read, copy, referrers.
 *
 * <p>One class per endpoint of the distribution specification, verified against real registries. An answer that is neither
 * a clear "here it is" nor a clear "not found" is an error: unknown is never none.
 */
package io.jenkins.plugins.countersign.engine.registry;
