/**
 * Hardware tokens through PKCS#11, each in a helper process of its own.
 *
 * <p>Why so: formats.md's measurements are in docs/hardware-tokens.md. Libraries come from an administrator's list alone, the
 * PIN travels on standard input, and a PIN is never sent twice after the token refused it.
 */
package io.jenkins.plugins.countersign.engine.signing.token;
