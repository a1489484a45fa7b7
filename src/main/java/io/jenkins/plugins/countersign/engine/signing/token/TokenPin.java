package io.jenkins.plugins.countersign.engine.signing.token;

import java.util.Arrays;

/**
 * A PIN on its way to the helper process. Neither serializable nor printable; wiped when closed.
 *
 * <p>{@code name} stands for the credential and its version, for instance {@code id#version}. When the token refuses the PIN the
 * name is remembered on the machine, and a PIN of this name is not sent to this token again. Null when a person types the PIN.
 */
public final class TokenPin implements AutoCloseable {

    private final char[] pin;
    private final String name;

    public TokenPin(char[] pin, String name) {
        this.pin = pin.clone();
        this.name = name;
    }

    char[] value() {
        return pin;
    }

    String name() {
        return name;
    }

    @Override
    public void close() {
        Arrays.fill(pin, '\0');
    }

    @Override
    public String toString() {
        return "PIN";
    }
}
