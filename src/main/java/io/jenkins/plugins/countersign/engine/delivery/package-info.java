/**
 * What registries tell of themselves: deliveries of webhooks, read and proven genuine. What a delivery says is a hint; whoever
 * acts on it asks the registry.
 */
package io.jenkins.plugins.countersign.engine.delivery;
