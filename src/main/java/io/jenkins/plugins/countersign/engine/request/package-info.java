/**
 * Signing elsewhere: a small file with a statement and the bytes to sign goes out, a signature made offline comes back, is
 * verified and attached.
 */
package io.jenkins.plugins.countersign.engine.request;
