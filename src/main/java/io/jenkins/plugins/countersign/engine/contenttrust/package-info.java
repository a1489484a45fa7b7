/**
 * Docker Content Trust (Notary v1): what the signers of a repository say about its tags, verified down from a pinned root key.
 * For images that are signed so, and for moving away from it; nothing is signed so by default.
 */
package io.jenkins.plugins.countersign.engine.contenttrust;
