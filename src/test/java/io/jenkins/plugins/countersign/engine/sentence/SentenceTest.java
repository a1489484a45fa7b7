package io.jenkins.plugins.countersign.engine.sentence;

import static org.junit.Assert.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Locale;
import org.junit.After;
import org.junit.Test;

public class SentenceTest {

    private static final Sentence NESTED = Sentence.of(
            "approval.tooFewPeople",
            Sentence.commaAnd(List.of(
                    Sentence.of("trust.requirement", 2, "qa"), Sentence.of("trust.requirement", 1, "release"))));

    private final Locale machine = Locale.getDefault();

    @After
    public void restoreLocale() {
        Locale.setDefault(machine);
    }

    @Test
    public void englishWhateverTheMachineSpeaks() {
        Locale.setDefault(Locale.SIMPLIFIED_CHINESE);
        for (Locale reader : List.of(Locale.ROOT, Locale.ENGLISH, Locale.GERMANY, Locale.TRADITIONAL_CHINESE)) {
            assertEquals(
                    "2 of role qa", Sentence.of("trust.requirement", 2, "qa").text(reader));
        }
    }

    @Test
    public void chineseForWhoReadsIt() {
        Locale.setDefault(Locale.GERMANY);
        for (Locale reader : List.of(Locale.SIMPLIFIED_CHINESE, Locale.forLanguageTag("zh-Hans-CN"))) {
            assertEquals(
                    "角色 qa 的 2 人", Sentence.of("trust.requirement", 2, "qa").text(reader));
        }
    }

    @Test
    public void sentencesInSentencesAreInTheSameLanguage() {
        assertEquals(
                "missing: 2 of role qa, and 1 of role release. Too few of the people whom the trust policy names could"
                        + " still approve; whoever keeps it must see to that",
                NESTED.text());
        assertEquals(
                "缺少：角色 qa 的 2 人，以及角色 release 的 1 人。信任策略所列人员中仍可批准的人太少；须由策略维护者处理",
                NESTED.text(Locale.SIMPLIFIED_CHINESE));
    }

    @Test
    public void aListHasAsManyPartsAsItHas() {
        assertEquals("", Sentence.commas(List.of()).text());
        assertEquals("a", Sentence.or(List.of("a")).text());
        assertEquals("a and b and c", Sentence.and(List.of("a", "b", "c")).text());
    }

    /** What would be grouped, formatted or taken for a pattern. */
    @Test
    public void argumentsStayAsTheyAre() {
        assertEquals(
                "100000 of role it''s {1}",
                Sentence.of("trust.requirement", 100_000, "it''s {1}").text());
        assertEquals("{0} 'x'", Sentence.verbatim("{0} 'x'").text());
    }

    @Test
    public void anApostropheIsNotLost() {
        assertEquals(
                "who started the build of this image is not known, and the build's starter is excluded; attach the"
                        + " build's provenance, or decide in the build itself",
                Sentence.of("approval.buildStarterUnknown").text());
    }

    @Test
    public void whatHasNoWordsIsShownNotThrown() {
        assertEquals(
                "approval.noSuchKey [a]", Sentence.of("approval.noSuchKey", "a").text());
        assertEquals("../x []", Sentence.of("../x").text());
    }

    @Test
    public void storedAndReadAgain() {
        assertEquals(
                "[\"approval.tooFewPeople\",[\"sentence.commaAnd\",[\"trust.requirement\",\"2\",\"qa\"],"
                        + "[\"trust.requirement\",\"1\",\"release\"]]]",
                NESTED.toJson().toString());
        assertEquals(NESTED, Sentence.read(NESTED.toJson(), "not this"));
        assertEquals(NESTED, Sentence.read(NESTED.toJson().toString(), "not this"));
    }

    @Test
    public void whatWasStoredWithoutASentenceOrCannotBeReadIsSaidAsItWas() {
        String deep = "[\"sentence.verbatim\",".repeat(17) + "\"x\"" + "]".repeat(17);
        for (String json : new String[] {
            null,
            "",
            "missing: 2 of role qa",
            "[]",
            "[1]",
            "{\"trust.requirement\":1}",
            "[\"trust.requirement\"]",
            "[\"trust.requirement\",\"2\",3]",
            "[\"trust.requirement\",\"2\",null]",
            "[\"trust.requirement\",\"2\",[\"trust.gone\"]]",
            "[\"trust.requirement\",\"2\",\"qa\"] more",
            "[\"trust.requirement\",\"2\",\"qa\"",
            "[\"fromALaterVersion.requirement\",\"2\",\"qa\"]",
            "[\"../../Messages.requirement\",\"2\",\"qa\"]",
            deep,
            "[\"sentence.verbatim\",\"" + "x".repeat(70_000) + "\"]"
        }) {
            assertEquals(Sentence.verbatim("it was said so"), Sentence.read(json, "it was said so"));
        }
    }

    @Test
    public void goesToAnAgentAndBack() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(NESTED);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertEquals(NESTED, in.readObject());
        }
    }
}
