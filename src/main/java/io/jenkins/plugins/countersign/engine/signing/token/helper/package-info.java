/**
 * The program that talks to a token, in a Java process of its own.
 *
 * <p>Why a process: after one login every other user of the library in the same process signs without a PIN, and a library can
 * take its process down. Its classes use the JDK alone and nothing outside this package, because {@code TokenHelper} writes just
 * these to a folder and starts {@code java} on them.
 */
package io.jenkins.plugins.countersign.engine.signing.token.helper;
