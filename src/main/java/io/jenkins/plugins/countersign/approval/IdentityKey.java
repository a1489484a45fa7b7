package io.jenkins.plugins.countersign.approval;

import hudson.AbortException;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.signing.SigningKeys;

/**
 * The key with which this controller says who approved, for people without a key of their own. Where such a word is enough, the
 * trust policy says ({@code identity: true}).
 */
final class IdentityKey {

    private IdentityKey() {}

    static boolean isConfigured() {
        return CountersignConfiguration.get().getIdentityCredentialsId() != null;
    }

    /** @throws AbortException if none is configured, or it is gone */
    static SigningKey open(ImageLocation image) throws AbortException, KeyException {
        String id = CountersignConfiguration.get().getIdentityCredentialsId();
        if (id == null) {
            throw new AbortException(Messages.IdentityKey_None());
        }
        return SigningKeys.signer(SigningKeys.ofController(id, image));
    }
}
