package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/** Proves who signed an image. */
@FunctionalInterface
public interface BaseSignatures {

    /** Used where no registry can be asked. */
    BaseSignatures UNREACHABLE = (image, signedBy) -> {
        throw new UnprovenException(Sentence.of("goldenbase.noRegistry"));
    };

    /**
     * @return who signed, for the report
     * @throws UnprovenException if it is not proved, with the reason
     */
    Sentence prove(ImageReference image, SignedBy signedBy) throws UnprovenException;

    /** The signatures asked for are not there, not enough, or cannot be read. */
    class UnprovenException extends Exception {

        private static final long serialVersionUID = 1L;

        private final Sentence sentence;

        public UnprovenException(Sentence sentence) {
            super(sentence.text());
            this.sentence = sentence;
        }

        public Sentence sentence() {
            return sentence;
        }
    }
}
