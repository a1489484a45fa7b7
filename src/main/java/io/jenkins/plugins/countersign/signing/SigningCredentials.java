package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.common.StandardCredentials;

/** What signs: a key that is kept in Jenkins, or one that stays in its token. */
public interface SigningCredentials extends StandardCredentials {}
