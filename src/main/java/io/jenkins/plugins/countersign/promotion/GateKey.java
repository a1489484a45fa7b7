package io.jenkins.plugins.countersign.promotion;

import hudson.AbortException;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import jenkins.model.Jenkins;

/** The key by which this controller seals what its gates let through. */
final class GateKey {

    private GateKey() {}

    /** @throws AbortException if none is configured */
    static Signer open(ImageLocation image) throws AbortException, KeyException {
        String id = CountersignConfiguration.get().getGateCredentialsId();
        if (id == null) {
            throw new AbortException(Messages.GateKey_None());
        }
        return SigningKeys.signer(SigningKeys.ofController(id, image));
    }

    /** What summaries call this controller. */
    static String verifier() {
        String url = Jenkins.get().getRootUrl();
        return url == null ? "urn:jenkins:" + Jenkins.get().getLegacyInstanceId() : url;
    }
}
