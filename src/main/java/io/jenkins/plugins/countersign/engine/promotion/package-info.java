/**
 * What happens when a gate has opened: the seal and its summary are written and read back, the digest is copied with its
 * signatures, looked at again where it arrived, and only then tagged. And the same question asked later by anybody, from the
 * registry and the trust policy alone.
 */
package io.jenkins.plugins.countersign.engine.promotion;
