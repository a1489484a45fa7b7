package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.common.StandardCredentials;
import hudson.util.Secret;

/** A key on a hardware token that is plugged into an agent, reached through a PKCS#11 library there. */
public interface SigningTokenCredentials extends StandardCredentials {

    /**
     * Which token and which key, as a {@code pkcs11:} URI (RFC 7512) without PIN: token or serial, and id or object. The
     * library is named by {@code module-path} and must be on the administrators' list.
     */
    String getUri();

    /** The token's PIN. It is tried once and never again. */
    Secret getPin();

    /** The public key in PEM that every signature of the token is checked with before it is uploaded. */
    String getPublicKey();
}
