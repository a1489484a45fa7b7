package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Exclusion;
import io.jenkins.plugins.countersign.engine.trust.Person;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who may not approve in this stage although a role allows it. */
final class Exclusions {

    private static final Pattern ADDRESS = Pattern.compile("(.*)<([^<>]+)>\\s*");

    private final Judgement judgement;
    private final Map<String, KeyTimes.Fault> excluded = new HashMap<>();

    Exclusions(Judgement judgement) {
        this.judgement = judgement;
        BuildFacts build = judgement.in.build();
        if (judgement.stage.exclude().contains(Exclusion.COMMIT_AUTHOR)) {
            exclude(
                    build.commitAuthors(),
                    SetAsideReason.COMMIT_AUTHOR,
                    name -> Sentence.of("approval.isCommitAuthor", name),
                    Sentence.of("approval.commitAuthorUnknown"));
        }
        if (build.startersExcluded() || judgement.stage.exclude().contains(Exclusion.BUILD_STARTER)) {
            exclude(
                    build.starters(),
                    SetAsideReason.BUILD_STARTER,
                    name -> Sentence.of("approval.isBuildStarter", name),
                    Sentence.of("approval.buildStarterUnknown"));
        }
        for (String stage : judgement.stage.distinctFrom()) {
            excludeApproversOf(stage);
        }
    }

    private void exclude(
            Optional<Set<String>> names,
            SetAsideReason reason,
            Function<String, Sentence> excludedAs,
            Sentence unknown) {
        if (names.isEmpty()) {
            judgement.hold(HoldReason.ORIGIN_UNKNOWN, unknown);
            return;
        }
        for (Person person : judgement.policy.people().values()) {
            for (String name : names.get()) {
                if (isKnownAs(person, name)) {
                    excluded.putIfAbsent(person.name(), new KeyTimes.Fault(reason, excludedAs.apply(name)));
                }
            }
        }
    }

    /** {@code Name <address>} means the person of that name as well as the one of that address. */
    private static boolean isKnownAs(Person person, String name) {
        Matcher matcher = ADDRESS.matcher(name);
        if (matcher.matches()) {
            return person.isKnownAs(matcher.group(2).strip())
                    || person.isKnownAs(matcher.group(1).strip());
        }
        return person.isKnownAs(name.strip());
    }

    private void excludeApproversOf(String stage) {
        StageSeal seal = judgement.in.seals().get(stage);
        if (seal == null) {
            return;
        }
        for (Digest statement : seal.counted()) {
            Optional<String> person = judgement.personOf(statement);
            if (person.isEmpty()) {
                judgement.hold(
                        HoldReason.SEALED_APPROVAL_UNKNOWN,
                        Sentence.of("approval.sealedApprovalUnknown", stage, statement));
                continue;
            }
            excluded.putIfAbsent(
                    judgement.policy.person(person.get()).map(Person::name).orElse(person.get()),
                    new KeyTimes.Fault(SetAsideReason.APPROVED_BEFORE, Sentence.of("approval.countedBefore", stage)));
        }
    }

    /** Why this person may not, if so. */
    Optional<KeyTimes.Fault> of(String person) {
        return Optional.ofNullable(excluded.get(person));
    }

    /** Whether the statement's person may; sets it aside otherwise. */
    boolean allow(SignedStatement statement) {
        Optional<KeyTimes.Fault> fault = of(statement.person().name());
        fault.ifPresent(f -> judgement.setAside(
                statement,
                f.reason(),
                Sentence.of("approval.excluded", statement.person().name(), f.sentence())));
        return fault.isEmpty();
    }
}
