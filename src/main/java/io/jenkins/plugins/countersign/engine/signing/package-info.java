/**
 * Signatures next to an image: written so that other people's verifiers accept them, read back and verified strictly.
 *
 * <p>Fetching and believing never mix: {@link io.jenkins.plugins.countersign.engine.signing.SignatureStore} fetches and
 * believes nothing, {@link io.jenkins.plugins.countersign.engine.signing.Verifier} believes and fetches nothing.
 */
package io.jenkins.plugins.countersign.engine.signing;
