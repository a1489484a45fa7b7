package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.util.Secret;

/**
 * A private key that signs images, kept in Jenkins' credentials. It signs on the controller and never travels to an agent:
 * nothing that crosses a channel may hold one.
 */
public interface SigningKeyCredentials extends SigningCredentials {

    /** The key: PEM (PKCS#8, SEC1, cosign's), or PKCS#12 in base64. */
    @NonNull
    Secret getKey();

    /** The password of the key; empty when it has none. */
    @NonNull
    Secret getPassword();
}
