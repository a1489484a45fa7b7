package io.jenkins.plugins.countersign;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import org.jvnet.localizer.LocaleProvider;

/** What the engine says, for pages: in the language that Jenkins' own texts have there. */
public final class ReadersLanguage {

    private ReadersLanguage() {}

    /** To be asked while a page is shown: elsewhere there is no reader, and the language is the controller's. */
    public static String text(Sentence sentence) {
        return sentence.text(LocaleProvider.getLocale());
    }
}
