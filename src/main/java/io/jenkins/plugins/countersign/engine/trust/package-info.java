/**
 * The trust policy: people with their keys, roles, stages; signed by root keys, versioned, expiring.
 *
 * <p>A policy is read by {@link io.jenkins.plugins.countersign.engine.trust.PolicyReader} and becomes worth believing in
 * {@link io.jenkins.plugins.countersign.engine.trust.PolicyChain}, which answers a
 * {@link io.jenkins.plugins.countersign.engine.trust.TrustedPolicy}. Source of the rules for versions and root keys: The
 * Update Framework specification, 5.3 "Update the root role".
 */
package io.jenkins.plugins.countersign.engine.trust;
