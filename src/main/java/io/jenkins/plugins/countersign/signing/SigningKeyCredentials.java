package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.common.StandardCredentials;
import hudson.util.Secret;

/**
 * A private key that signs images, kept in Jenkins' credentials. It signs on the controller and never travels to an agent:
 * nothing that crosses a channel may hold one.
 */
public interface SigningKeyCredentials extends StandardCredentials {

    /** The key: PEM (PKCS#8, SEC1, cosign's), or PKCS#12 in base64. */
    Secret getKey();

    /** The password of the key; empty when it has none. */
    Secret getPassword();
}
