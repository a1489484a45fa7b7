package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.Place;
import io.jenkins.plugins.countersign.engine.dockerfile.Unknown;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue.Judgement;
import io.jenkins.plugins.countersign.engine.goldenbase.Finding.Severity;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks the catalogue about everything that a build brings in. What is not known fails, as what is not allowed does. */
public final class BaseCheck {

    private final Catalogue catalogue;
    private final CheckContext context;
    private final Instant now;
    private final List<Finding> findings = new ArrayList<>();

    private BaseCheck(Catalogue catalogue, CheckContext context) {
        this.catalogue = catalogue;
        this.context = context;
        this.now = context.clock().instant();
    }

    public static BaseReport check(BuildInputs inputs, Catalogue catalogue, CheckContext context) {
        BaseCheck check = new BaseCheck(catalogue, context);
        inputs.refused()
                .ifPresent(refusal -> check.add(
                        Severity.ERROR,
                        "unreadable",
                        refusal.place(),
                        "",
                        "",
                        Sentence.of("goldenbase.unreadable", refusal.message()),
                        Sentence.of("goldenbase.mend")));
        inputs.inputs().forEach(check::input);
        inputs.unknowns().forEach(check::unknown);
        check.findings.sort(Comparator.comparingInt(Finding::line).thenComparingInt(Finding::column));
        return new BaseReport(inputs.file(), inputs.inputs(), check.findings);
    }

    /** Whether the catalogue lets an image stand as a base, its signatures and digest aside. */
    public static boolean allows(String reference, Catalogue catalogue, CheckContext context) {
        return allows(
                new BuildInput(BuildInput.Kind.BASE, reference, reference, Place.NOWHERE, 0, "", "", true),
                catalogue,
                context);
    }

    /** The same for an image that enters in any way. */
    static boolean allows(BuildInput input, Catalogue catalogue, CheckContext context) {
        return check(input, catalogue, context.withSignatures((image, signedBy) -> Sentence.verbatim(""))).stream()
                .filter(finding -> finding.severity() == Severity.ERROR)
                .allMatch(finding -> finding.rule().equals("digest-required"));
    }

    /** The findings about one image. */
    static List<Finding> check(BuildInput input, Catalogue catalogue, CheckContext context) {
        BaseCheck check = new BaseCheck(catalogue, context);
        check.input(input);
        return check.findings;
    }

    private void add(
            Severity severity,
            String rule,
            Place place,
            String reference,
            String because,
            Sentence found,
            Sentence advice) {
        findings.add(new Finding(severity, rule, place.line(), place.column(), reference, because, found, advice));
    }

    private void input(BuildInput input) {
        ImageReference image;
        try {
            image = input.image();
        } catch (IllegalArgumentException e) {
            add(
                    Severity.ERROR,
                    "not-an-image",
                    input.place(),
                    input.reference(),
                    "",
                    Sentence.of("goldenbase.notAnImage", input.reference(), e.getMessage()),
                    advice());
            return;
        }
        if (!input.reachable()) {
            if (allowed(input, image).isEmpty() && exemption(input, image).isEmpty()) {
                add(
                        Severity.NOTE,
                        "not-reached",
                        input.place(),
                        input.reference(),
                        "",
                        Sentence.of("goldenbase.notReached", described(input)),
                        Finding.NO_ADVICE);
            }
            return;
        }
        Optional<Exemption> exemption = exemption(input, image);
        if (exemption.isPresent()) {
            add(
                    Severity.NOTE,
                    "exempted",
                    input.place(),
                    input.reference(),
                    exemption.get().image().written(),
                    because(
                            Sentence.of(
                                    "goldenbase.exempted",
                                    described(input),
                                    day(exemption.get().until()),
                                    exemption.get().owner()),
                            exemption.get().reason()),
                    Finding.NO_ADVICE);
            return;
        }
        for (Entry entry : catalogue.deny()) {
            if (entry.scope().covers(input.kind(), context)
                    && inForce(entry)
                    && entry.image().matchesAnySpelling(image)
                    && (entry.digests().isEmpty()
                            || image.digest().filter(entry.digests()::contains).isPresent())) {
                add(
                        Severity.ERROR,
                        "denied",
                        input.place(),
                        input.reference(),
                        entry.image().written(),
                        endedExemption(
                                input,
                                image,
                                because(Sentence.of("goldenbase.denied", described(input)), entry.reason())),
                        entry.instead().isEmpty() ? advice() : Sentence.of("goldenbase.write", entry.instead()));
                return;
            }
        }
        if (input.kind() == BuildInput.Kind.FRONTEND) {
            frontend(input, image);
            return;
        }
        Optional<Entry> entry = allowed(input, image);
        if (entry.isPresent()) {
            golden(input, image, entry.get());
        } else if (!inOrganisation(input, image)) {
            notGolden(input, image);
        }
    }

    private boolean inForce(Entry entry) {
        return (entry.from() == null || !now.isBefore(entry.from()))
                && (entry.until() == null || now.isBefore(entry.until()));
    }

    /** The entry that allows it; of several the one that lasts longest. */
    private Optional<Entry> allowed(BuildInput input, ImageReference image) {
        return catalogue.allow().stream()
                .filter(entry -> matches(entry, input, image))
                .filter(this::inForce)
                .max(Comparator.comparing(entry -> entry.until() == null ? Instant.MAX : entry.until()));
    }

    private boolean matches(Entry entry, BuildInput input, ImageReference image) {
        return entry.scope().covers(input.kind(), context)
                && entry.image().matches(image)
                && (entry.digests().isEmpty()
                        || image.digest().filter(entry.digests()::contains).isPresent());
    }

    private Optional<Exemption> exemption(BuildInput input, ImageReference image) {
        return catalogue.exceptions().stream()
                .filter(exemption -> now.isBefore(exemption.until()))
                .filter(exemption -> exemption.scope().covers(input.kind(), context))
                .filter(exemption -> exemption.image().matches(image))
                .findFirst();
    }

    private Sentence endedExemption(BuildInput input, ImageReference image, Sentence found) {
        return catalogue.exceptions().stream()
                .filter(exemption -> exemption.scope().covers(input.kind(), context))
                .filter(exemption -> exemption.image().matches(image))
                .map(exemption ->
                        Sentence.of("goldenbase.exceptionEnded", found, exemption.owner(), day(exemption.until())))
                .findFirst()
                .orElse(found);
    }

    private void golden(BuildInput input, ImageReference image, Entry entry) {
        String because = entry.image().written();
        if (entry.until() != null && !now.isBefore(entry.until().minus(java.time.Duration.ofDays(warningDays())))) {
            add(
                    Severity.WARNING,
                    "retires",
                    input.place(),
                    input.reference(),
                    because,
                    because(Sentence.of("goldenbase.retires", described(input), day(entry.until())), entry.reason()),
                    entry.instead().isEmpty() ? advice() : Sentence.of("goldenbase.write", entry.instead()));
        }
        requireDigest(input, image, catalogue.digestRequired() || entry.digestRequired(), because);
        requireSignature(input, image, entry.signedBy() != null ? entry.signedBy() : catalogue.signedBy(), because);
    }

    private long warningDays() {
        return catalogue.warnBefore().toTotalMonths() * 30
                + catalogue.warnBefore().getDays();
    }

    private void requireDigest(BuildInput input, ImageReference image, boolean required, String because) {
        if (required && image.digest().isEmpty()) {
            add(
                    Severity.ERROR,
                    "digest-required",
                    input.place(),
                    input.reference(),
                    because,
                    Sentence.of("goldenbase.digestRequired", described(input)),
                    Sentence.of("goldenbase.writeDigest", input.reference()));
        }
    }

    private void requireSignature(BuildInput input, ImageReference image, SignedBy signedBy, String because) {
        if (signedBy == null) {
            return;
        }
        try {
            Sentence evidence = context.signatures().prove(image, signedBy);
            add(
                    Severity.NOTE,
                    "signed",
                    input.place(),
                    input.reference(),
                    because,
                    Sentence.of("goldenbase.signed", described(input), evidence),
                    Finding.NO_ADVICE);
        } catch (BaseSignatures.UnprovenException e) {
            add(
                    Severity.ERROR,
                    "not-signed",
                    input.place(),
                    input.reference(),
                    because,
                    Sentence.of("goldenbase.notSigned", described(input), signedBy.who(), e.sentence()),
                    signedBy.advice());
        }
    }

    private void frontend(BuildInput input, ImageReference image) {
        boolean listed = catalogue.frontends().stream().anyMatch(pattern -> pattern.matches(image))
                || allowed(input, image)
                        .filter(entry -> entry.scope().inputs().contains(BuildInput.Kind.FRONTEND))
                        .isPresent();
        if (listed || catalogue.frontends().isEmpty() && Frontends.isKnown(image)) {
            return;
        }
        add(
                Severity.ERROR,
                "frontend",
                input.place(),
                input.reference(),
                "",
                Sentence.of(
                        catalogue.frontends().isEmpty() ? "goldenbase.frontendUnknown" : "goldenbase.frontendNotListed",
                        described(input)),
                Sentence.of(
                        "goldenbase.writeSyntax",
                        catalogue.frontends().isEmpty()
                                ? "docker/dockerfile:1"
                                : catalogue.frontends().get(0)));
    }

    private boolean inOrganisation(BuildInput input, ImageReference image) {
        for (String organisation : catalogue.organisations()) {
            int slash = organisation.indexOf('/');
            String registry = organisation.substring(0, slash);
            String namespace = organisation.substring(slash + 1);
            if (!image.registry().equals(registry) || !image.repository().startsWith(namespace + "/")) {
                continue;
            }
            try {
                if (context.organisations().contains(registry, namespace, image.repository())) {
                    requireDigest(input, image, catalogue.digestRequired(), organisation);
                    requireSignature(input, image, catalogue.signedBy(), organisation);
                    return true;
                }
            } catch (IOException e) {
                add(
                        Severity.ERROR,
                        "organisation-unknown",
                        input.place(),
                        input.reference(),
                        organisation,
                        Sentence.of("goldenbase.organisationUnknown", described(input), organisation, e.getMessage()),
                        Sentence.of("goldenbase.checkAgain", registry));
                return true;
            }
        }
        return false;
    }

    private void notGolden(BuildInput input, ImageReference image) {
        for (Entry entry : catalogue.allow()) {
            if (!entry.image().coversName(image)) {
                continue;
            }
            Sentence why = null;
            Sentence described = described(input);
            String rule = "not-golden";
            if (!entry.scope().covers(input.kind(), context)) {
                why = Sentence.of("goldenbase.goldenElsewhere", described);
            } else if (!entry.image().matches(image)) {
                why = Sentence.of(
                        image.digest().isPresent() && image.tag().isEmpty()
                                ? "goldenbase.digestAlone"
                                : "goldenbase.tagNotAllowed",
                        described);
            } else if (!entry.digests().isEmpty() && image.digest().isEmpty()) {
                rule = "digest-required";
                why = Sentence.of("goldenbase.withoutDigest", described);
            } else if (!entry.digests().isEmpty()
                    && image.digest().filter(entry.digests()::contains).isEmpty()) {
                why = Sentence.of("goldenbase.digestNotAllowed", described);
            } else if (entry.until() != null && !now.isBefore(entry.until())) {
                rule = "retired";
                why = because(Sentence.of("goldenbase.retired", described, day(entry.until())), entry.reason());
            } else if (entry.from() != null && now.isBefore(entry.from())) {
                why = Sentence.of("goldenbase.notYet", described, day(entry.from()));
            }
            if (why != null) {
                add(
                        Severity.ERROR,
                        rule,
                        input.place(),
                        input.reference(),
                        entry.image().written(),
                        endedExemption(input, image, why),
                        entry.instead().isEmpty() ? advice(entry) : Sentence.of("goldenbase.write", entry.instead()));
                return;
            }
        }
        add(
                Severity.ERROR,
                "not-golden",
                input.place(),
                input.reference(),
                "",
                endedExemption(input, image, Sentence.of("goldenbase.notInCatalogue", described(input))),
                advice());
    }

    private void unknown(Unknown unknown) {
        Severity severity =
                switch (unknown.kind()) {
                    case REMOTE_ADD -> severity(catalogue.remoteAdd());
                    case SCRATCH -> severity(catalogue.scratch());
                    default -> Severity.ERROR;
                };
        if (severity == null) {
            return;
        }
        String rule = unknown.kind().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        Sentence advice =
                switch (unknown.kind()) {
                    case VARIABLE -> Sentence.of("goldenbase.giveValue", unknown.subject());
                    case REMOTE_ADD -> Sentence.of("goldenbase.putIntoImage");
                    case NAMED_CONTEXT -> Sentence.of("goldenbase.useImageContext");
                    case SCRATCH -> advice();
                    case FRONTEND, OTHER_BUILDER -> Sentence.of("goldenbase.writeAlike");
                    case ONBUILD -> Sentence.of("goldenbase.checkAgainLater");
                };
        add(severity, rule, unknown.place(), unknown.subject(), "", unknown.sentence(), advice);
    }

    private static Severity severity(Judgement judgement) {
        return switch (judgement) {
            case ALLOW -> null;
            case WARN -> Severity.WARNING;
            case DENY -> Severity.ERROR;
        };
    }

    private static Sentence described(BuildInput input) {
        Sentence image = input.written().equals(input.reference())
                ? Sentence.verbatim(input.reference())
                : Sentence.of("goldenbase.written", input.reference(), shortened(input.written()));
        return switch (input.kind()) {
            case BASE -> Sentence.of("goldenbase.base", image);
            case COPY -> Sentence.of("goldenbase.copy", image);
            case MOUNT -> Sentence.of("goldenbase.mount", image);
            case FRONTEND -> Sentence.of("goldenbase.frontend", image);
        };
    }

    private static String shortened(String text) {
        String oneLine = text.replaceAll("\\p{Cntrl}", " ");
        return oneLine.length() <= 120 ? oneLine : oneLine.substring(0, 120) + "…";
    }

    private static Sentence because(Sentence found, String reason) {
        return reason.isEmpty() ? found : Sentence.of("goldenbase.because", found, reason);
    }

    private static String day(Instant instant) {
        return instant.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    private static Sentence advice(Entry entry) {
        return Sentence.of(
                "goldenbase.write",
                entry.digests().isEmpty()
                        ? entry.image()
                        : entry.image().registry() + "/" + entry.image().repository() + "@"
                                + entry.digests().get(entry.digests().size() - 1));
    }

    /** Names what is allowed: a message that only forbids sends people to whoever wrote the policy. */
    private Sentence advice() {
        Set<String> names = new LinkedHashSet<>();
        catalogue.allow().stream()
                .filter(this::inForce)
                .filter(entry -> entry.scope().covers(BuildInput.Kind.BASE, context))
                .forEach(entry -> names.add(entry.image().written()));
        catalogue.organisations().forEach(organisation -> names.add(organisation + "/…"));
        if (names.isEmpty()) {
            return Sentence.of("goldenbase.allowsNothing");
        }
        List<String> shown = names.stream().limit(5).toList();
        return names.size() > 5
                ? Sentence.of("goldenbase.useOneOfMore", Sentence.commas(shown), names.size() - 5)
                : Sentence.of("goldenbase.useOneOf", Sentence.commas(shown));
    }
}
