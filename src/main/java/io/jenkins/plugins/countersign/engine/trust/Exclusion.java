package io.jenkins.plugins.countersign.engine.trust;

import java.util.Arrays;
import java.util.Optional;

/** Who may not approve although the role allows it. */
public enum Exclusion {
    COMMIT_AUTHOR("commit-author"),
    BUILD_STARTER("build-starter");

    private final String word;

    Exclusion(String word) {
        this.word = word;
    }

    /** As the policy writes it. */
    public String word() {
        return word;
    }

    static Optional<Exclusion> of(String word) {
        return Arrays.stream(values()).filter(e -> e.word.equals(word)).findFirst();
    }
}
