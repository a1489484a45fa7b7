/** Registries tell what happened; jobs are built and waiting gates look again. What a delivery says is asked again first. */
package io.jenkins.plugins.countersign.webhook;
