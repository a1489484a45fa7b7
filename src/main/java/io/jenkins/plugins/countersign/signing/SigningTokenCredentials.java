package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.util.Secret;

/** A key on a hardware token that is plugged into an agent, reached through a PKCS#11 library there. */
public interface SigningTokenCredentials extends SigningCredentials {

    /**
     * Which token and which key, as a {@code pkcs11:} URI (RFC 7512) without PIN: token or serial, and id or object. The
     * library is named by {@code module-path} and must be on the administrators' list.
     */
    @NonNull
    String getUri();

    /** The token's PIN, empty for a token that needs none or has its own keypad. It is tried once and never again. */
    @NonNull
    Secret getPin();

    /** The public key in PEM that every signature of the token is checked with before it is uploaded. */
    @NonNull
    String getPublicKey();

    /** The key's certificate and those above it in PEM, for formats that need them; empty for what is on the token. */
    @NonNull
    default String getCertificates() {
        return "";
    }
}
