package io.jenkins.plugins.countersign.signing;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenInfo;
import io.jenkins.plugins.countersign.engine.signing.token.TokenList;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import jenkins.agents.ControllerToAgentCallable;

/**
 * The certificate that lies beside a key on the agent's token, in PEM; empty when there is none. Certificates are public: no PIN
 * is needed, and the token is not locked.
 *
 * @param host the libraries that administrators allow on this agent
 * @param publicKey PEM of the key
 */
record CertificateOnToken(TokenHost host, TokenRequest request, String publicKey)
        implements ControllerToAgentCallable<String, KeyException> {

    @Override
    public String call() throws KeyException {
        for (TokenInfo token : TokenList.read(host, request.library())) {
            for (TokenInfo.Key key : token.keys()) {
                if (key.certificatePem() != null && publicKey.strip().equals(strip(key.publicKeyPem()))) {
                    return key.certificatePem();
                }
            }
        }
        return "";
    }

    private static String strip(String pemOrNull) {
        return pemOrNull == null ? "" : pemOrNull.strip();
    }
}
