package io.jenkins.plugins.countersign.cli;

/** What the command line's exit code tells a script. The help and docs/command-line.md list it from here. */
public enum ExitCode {
    PASS(0, "the command did what was asked; a check passed, a gate is open"),
    BUG(1, "an error inside countersign; please report it with --debug"),
    USAGE(2, "the command was called wrongly, or a file it names cannot be read"),
    POLICY(3, "the policy is violated: a base image is not allowed, or the trust policy itself is refused"),
    SIGNATURE(4, "a signature is missing or invalid, or a gate is held"),
    REGISTRY(5, "a registry or layout folder did not do what was asked"),
    KEY(6, "a key or hardware token cannot be used");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() {
        return code;
    }

    public String meaning() {
        return meaning;
    }
}
