package io.jenkins.plugins.countersign.signing;

import io.jenkins.plugins.countersign.engine.signing.token.TokenNotice;

/** Is told on the controller what somebody at the agent's token should know. */
public interface TokenNotices {

    void on(TokenNotice notice);
}
