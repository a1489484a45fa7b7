package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.CredentialsProvider;
import hudson.model.ModelObject;
import hudson.security.AccessControlled;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.security.PublicKey;
import jenkins.model.Jenkins;

/** What the forms of both kinds of credentials ask. */
final class CredentialForms {

    private CredentialForms() {}

    /** Whether who asks may keep credentials in the context of the form. */
    static boolean mayEdit(ModelObject contextOrNull) {
        AccessControlled context = contextOrNull instanceof AccessControlled controlled ? controlled : Jenkins.get();
        return context.hasPermission(CredentialsProvider.CREATE) || context.hasPermission(CredentialsProvider.UPDATE);
    }

    static String describe(PublicKey key) {
        return Messages.CredentialForms_Key(PublicKeys.describe(key), PublicKeys.fingerprint(key));
    }
}
