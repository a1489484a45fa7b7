/**
 * The trust policy as configuration for those who admit images where they run: containers/image, Kyverno, sigstore's
 * policy-controller, Connaisseur. They check the gate's seal; each export says what of the policy it cannot express.
 */
package io.jenkins.plugins.countersign.engine.export;
