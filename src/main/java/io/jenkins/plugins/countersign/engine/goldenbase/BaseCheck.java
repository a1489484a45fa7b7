package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.Place;
import io.jenkins.plugins.countersign.engine.dockerfile.Unknown;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue.Judgement;
import io.jenkins.plugins.countersign.engine.goldenbase.Finding.Severity;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
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
                        "the builder would refuse this Dockerfile: " + refusal.message(),
                        "mend the instruction; nothing behind it was judged"));
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
        return check(input, catalogue, context.withSignatures((image, signedBy) -> "")).stream()
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
            String message,
            String suggestion) {
        findings.add(
                new Finding(severity, rule, place.line(), place.column(), reference, because, message, suggestion));
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
                    "the builder would pull \"" + input.reference() + "\", which no catalogue can name: "
                            + e.getMessage(),
                    suggestion());
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
                        describe(input) + " is not in the catalogue; the chosen target does not need it",
                        "");
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
                    describe(input) + " is let through until "
                            + day(exemption.get().until()) + "; "
                            + exemption.get().owner() + " answers for it"
                            + because(exemption.get().reason()),
                    "");
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
                        describe(input) + " is denied" + because(entry.reason()) + endedExemption(input, image),
                        entry.instead().isEmpty() ? suggestion() : "write " + entry.instead());
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

    private String endedExemption(BuildInput input, ImageReference image) {
        return catalogue.exceptions().stream()
                .filter(exemption -> exemption.scope().covers(input.kind(), context))
                .filter(exemption -> exemption.image().matches(image))
                .map(exemption -> "; the exception of " + exemption.owner() + " ended on " + day(exemption.until()))
                .findFirst()
                .orElse("");
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
                    describe(input) + " retires on " + day(entry.until()) + because(entry.reason()),
                    entry.instead().isEmpty() ? suggestion() : "write " + entry.instead());
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
                    describe(input)
                            + " is golden, but must be written with its digest: a tag may point elsewhere tomorrow",
                    "write " + input.reference() + "@sha256:…, or let \"check --pin\" write it");
        }
    }

    private void requireSignature(BuildInput input, ImageReference image, SignedBy signedBy, String because) {
        if (signedBy == null) {
            return;
        }
        try {
            String evidence = context.signatures().prove(image, signedBy);
            add(
                    Severity.NOTE,
                    "signed",
                    input.place(),
                    input.reference(),
                    because,
                    describe(input) + " is signed: " + evidence,
                    "");
        } catch (BaseSignatures.UnprovenException e) {
            add(
                    Severity.ERROR,
                    "not-signed",
                    input.place(),
                    input.reference(),
                    because,
                    describe(input) + " must be signed by " + signedBy.count() + " of role " + signedBy.role()
                            + ", which is not proved: " + e.getMessage(),
                    "ask the role " + signedBy.role() + " to sign it, or take a golden image that is signed");
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
                describe(input) + " is run by the builder and reads the Dockerfile by rules of its own; "
                        + (catalogue.frontends().isEmpty()
                                ? "only docker.io/docker/dockerfile from 1.4 on, by tag, reads it as this check does"
                                : "the catalogue does not list it"),
                catalogue.frontends().isEmpty()
                        ? "write # syntax=docker/dockerfile:1, or nothing"
                        : "write # syntax=" + catalogue.frontends().get(0) + ", or nothing");
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
                        describe(input) + " may be golden, but the repositories of " + organisation
                                + " could not be listed: " + e.getMessage(),
                        "check again when " + registry + " answers");
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
            String why = null;
            String rule = "not-golden";
            if (!entry.scope().covers(input.kind(), context)) {
                why = "is golden for other builds only";
            } else if (!entry.image().matches(image)) {
                why = image.digest().isPresent() && image.tag().isEmpty()
                        ? "is written with a digest alone, and the catalogue allows certain tags of it"
                        : "has a tag or digest that the catalogue does not allow";
            } else if (!entry.digests().isEmpty() && image.digest().isEmpty()) {
                rule = "digest-required";
                why = "is allowed with certain digests only, and written without one";
            } else if (!entry.digests().isEmpty()
                    && image.digest().filter(entry.digests()::contains).isEmpty()) {
                why = "has a digest that the catalogue does not allow";
            } else if (entry.until() != null && !now.isBefore(entry.until())) {
                rule = "retired";
                why = "was golden until " + day(entry.until()) + because(entry.reason());
            } else if (entry.from() != null && now.isBefore(entry.from())) {
                why = "will be golden from " + day(entry.from()) + " on";
            }
            if (why != null) {
                add(
                        Severity.ERROR,
                        rule,
                        input.place(),
                        input.reference(),
                        entry.image().written(),
                        describe(input) + " " + why + endedExemption(input, image),
                        entry.instead().isEmpty() ? suggestion(entry) : "write " + entry.instead());
                return;
            }
        }
        add(
                Severity.ERROR,
                "not-golden",
                input.place(),
                input.reference(),
                "",
                describe(input) + " is not in the catalogue" + endedExemption(input, image),
                suggestion());
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
        String suggestion =
                switch (unknown.kind()) {
                    case VARIABLE ->
                        "give " + unknown.subject() + " a value with a default, or to this check as a build argument";
                    case REMOTE_ADD -> "put the content into a golden image or the build context";
                    case NAMED_CONTEXT -> "use a context of the form docker-image://<golden image>";
                    case SCRATCH -> suggestion();
                    case FRONTEND, OTHER_BUILDER ->
                        "build with BuildKit, or write the construct so that all builders read the same";
                    case ONBUILD -> "check again when the registry answers";
                };
        add(severity, rule, unknown.place(), unknown.subject(), "", unknown.message(), suggestion);
    }

    private static Severity severity(Judgement judgement) {
        return switch (judgement) {
            case ALLOW -> null;
            case WARN -> Severity.WARNING;
            case DENY -> Severity.ERROR;
        };
    }

    private static String describe(BuildInput input) {
        String way =
                switch (input.kind()) {
                    case BASE -> "the base ";
                    case COPY -> "the source of a COPY, ";
                    case MOUNT -> "the mounted image ";
                    case FRONTEND -> "the frontend ";
                };
        String written =
                input.written().equals(input.reference()) ? "" : " (written \"" + shortened(input.written()) + "\")";
        return way + input.reference() + written;
    }

    private static String shortened(String text) {
        String oneLine = text.replaceAll("\\p{Cntrl}", " ");
        return oneLine.length() <= 120 ? oneLine : oneLine.substring(0, 120) + "…";
    }

    private static String because(String reason) {
        return reason.isEmpty() ? "" : ": " + reason;
    }

    private static String day(Instant instant) {
        return instant.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    private String suggestion(Entry entry) {
        return entry.digests().isEmpty()
                ? "write " + entry.image()
                : "write " + entry.image().registry() + "/" + entry.image().repository() + "@"
                        + entry.digests().get(entry.digests().size() - 1);
    }

    /** Names what is allowed: a message that only forbids sends people to whoever wrote the policy. */
    private String suggestion() {
        Set<String> names = new LinkedHashSet<>();
        catalogue.allow().stream()
                .filter(this::inForce)
                .filter(entry -> entry.scope().covers(BuildInput.Kind.BASE, context))
                .forEach(entry -> names.add(entry.image().written()));
        catalogue.organisations().forEach(organisation -> names.add(organisation + "/…"));
        if (names.isEmpty()) {
            return "the catalogue allows no image at all here";
        }
        List<String> shown = names.stream().limit(5).toList();
        return "use one of " + String.join(", ", shown)
                + (names.size() > 5 ? " and " + (names.size() - 5) + " more" : "");
    }
}
