package io.jenkins.plugins.countersign.signing;

import hudson.AbortException;
import hudson.FilePath;
import hudson.model.Computer;
import hudson.model.Node;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.TokenLibrary;
import io.jenkins.plugins.countersign.engine.signing.keys.CertifiedSigner;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import jenkins.agents.ControllerToAgentCallable;
import jenkins.security.HMACConfidentialKey;

/**
 * A token's key, used from the controller: the messages go to the agent that holds the token, the signatures come back and are
 * verified here before anybody sees them.
 */
final class AgentToken implements Signer {

    /** Names a version of a PIN on agents without telling anything about it. */
    private static final HMACConfidentialKey PIN_NAME = new HMACConfidentialKey(AgentToken.class, "pinName");

    private final SigningTokenCredentials credentials;
    private final PublicKey publicKey;
    private final TokenRequest request;
    private final TokenHost host;
    private final FilePath place;
    private final TokenWait wait;

    AgentToken(
            SigningTokenCredentials credentials,
            PublicKey publicKey,
            TokenRequest request,
            TokenHost host,
            FilePath place,
            TokenWait wait) {
        this.credentials = credentials;
        this.publicKey = publicKey;
        this.request = request;
        this.host = host;
        this.place = place;
        this.wait = wait;
    }

    /**
     * @param place a folder on the agent that holds the token
     * @throws AbortException if the credentials cannot be used there; nothing was sent to the agent then
     */
    static AgentToken on(FilePath place, SigningTokenCredentials credentials, TokenWait wait)
            throws AbortException, KeyException {
        Computer computer = place.toComputer();
        Node node = computer == null ? null : computer.getNode();
        if (node == null) {
            throw new AbortException(Messages.AgentToken_NoNode(credentials.getId()));
        }
        PublicKey key;
        TokenRequest request;
        try {
            key = PublicKeys.read(credentials.getPublicKey());
            request = TokenRequest.parse(credentials.getUri());
        } catch (KeyException e) {
            throw new KeyException(e.reason(), Messages.SigningKeys_CannotOpen(credentials.getId(), e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new KeyException(
                    Reason.BAD_REQUEST, Messages.SigningKeys_CannotOpen(credentials.getId(), e.getMessage()), e);
        }
        List<String> libraries = CountersignConfiguration.get().getTokenLibraries().stream()
                .filter(library -> library.allowedOn(node))
                .map(TokenLibrary::getPath)
                .toList();
        // The agent looks again; here, so that no PIN travels in vain.
        if (libraries.isEmpty() || request.library() != null && !libraries.contains(request.library())) {
            throw new KeyException(
                    Reason.LIBRARY_NOT_ALLOWED,
                    Messages.AgentToken_LibraryNotAllowed(
                            request.library() == null ? "PKCS#11" : request.library(), node.getDisplayName()));
        }
        return new AgentToken(credentials, key, request, new TokenHost(libraries), place, wait);
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    @Override
    public byte[] sign(byte[] message, SignatureScheme scheme) throws KeyException {
        return signAll(List.of(new Message(message, scheme))).get(0);
    }

    /** From the credentials, where administrators and approvers put them, and otherwise from the token: that needs no PIN. */
    @Override
    public List<X509Certificate> certificates() throws KeyException {
        String given = credentials.getCertificates();
        if (given.isBlank()) {
            given = onAgent(new CertificateOnToken(host, request, credentials.getPublicKey()));
        }
        return given.isBlank() ? List.of() : CertifiedSigner.read(given, publicKey);
    }

    private <T> T onAgent(ControllerToAgentCallable<T, KeyException> callable) throws KeyException {
        try {
            return place.act(callable);
        } catch (IOException e) {
            throw new KeyException(
                    Reason.FAILED, Messages.AgentToken_AgentLost(credentials.getId(), e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeyException(Reason.FAILED, Messages.AgentToken_Interrupted(), e);
        }
    }

    @Override
    public List<byte[]> signAll(List<Message> messages) throws KeyException {
        String pin = credentials.getPin().getPlainText();
        List<byte[]> signatures;
        try {
            signatures = onAgent(new SignWithToken(
                    host,
                    request,
                    pin.isEmpty() ? null : pin.toCharArray(),
                    pin.isEmpty() ? null : credentials.getId() + "#" + PIN_NAME.mac(credentials.getId() + "\0" + pin),
                    credentials.getPublicKey(),
                    new ArrayList<>(messages),
                    place.getChannel().export(TokenNotices.class, wait)));
        } finally {
            wait.close();
        }
        requireGenuine(messages, signatures);
        return signatures;
    }

    /** An agent is not believed: what it answers must be this key's signature over exactly what was asked for. */
    private void requireGenuine(List<Message> messages, List<byte[]> signatures) throws KeyException {
        boolean genuine = signatures.size() == messages.size();
        for (int i = 0; genuine && i < messages.size(); i++) {
            Message message = messages.get(i);
            genuine = message.scheme().matches(publicKey, message.content(), signatures.get(i));
        }
        if (!genuine) {
            throw new KeyException(
                    Reason.NOT_THE_EXPECTED_KEY,
                    Messages.AgentToken_NotGenuine(credentials.getId(), PublicKeys.fingerprint(publicKey)));
        }
    }

    @Override
    public String toString() {
        return PublicKeys.describe(publicKey) + " " + PublicKeys.fingerprint(publicKey);
    }
}
