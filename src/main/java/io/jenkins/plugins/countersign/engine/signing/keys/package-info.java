/**
 * Keys: everything people keep a private key in, and what a public key is called.
 *
 * <p>Sources: RFC 5208, 5915, 5958, 7292, 7468; sigstore/cosign {@code pkg/cosign/keys.go}. A private key leaves this package
 * as a {@link io.jenkins.plugins.countersign.engine.signing.keys.Signer} or encrypted, never otherwise.
 */
package io.jenkins.plugins.countersign.engine.signing.keys;
