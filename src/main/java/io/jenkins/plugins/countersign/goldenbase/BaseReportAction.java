package io.jenkins.plugins.countersign.goldenbase;

import hudson.model.Item;
import hudson.model.Run;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Finding;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import jenkins.model.RunAction2;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.StaplerResponse2;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/** What {@code checkBaseImages} found, on the build: the file's own lines with the findings beside them. */
@ExportedBean
public class BaseReportAction implements RunAction2 {

    private final String file;
    private final String content;
    private final boolean passed;
    private final List<String> images;
    private final List<FindingEntry> findings;
    private final String sarif;
    private transient Run<?, ?> run;
    private int number;

    /** @param reports the first is about the file, further ones about what was built of it */
    BaseReportAction(byte[] content, List<BaseReport> reports, String sarif) {
        BaseReport first = reports.get(0);
        this.file = first.file();
        this.content = new String(content, StandardCharsets.UTF_8);
        this.passed = reports.stream().allMatch(BaseReport::passed);
        this.images = new ArrayList<>(first.inputs().stream()
                .map(input -> input.reference())
                .distinct()
                .toList());
        this.findings = new ArrayList<>(reports.stream()
                .flatMap(report -> report.findings().stream())
                .map(FindingEntry::new)
                .toList());
        this.sarif = sarif;
    }

    @Override
    public void onAttached(Run<?, ?> owner) {
        run = owner;
        number = owner.getActions(BaseReportAction.class).size();
    }

    @Override
    public void onLoad(Run<?, ?> owner) {
        run = owner;
    }

    @Restricted(NoExternalUse.class)
    public Run<?, ?> getRun() {
        return run;
    }

    /** The same, as Jenkins' layout of a build's pages calls it. */
    @Restricted(NoExternalUse.class)
    public Run<?, ?> getObject() {
        return run;
    }

    @Exported
    public String getFile() {
        return file;
    }

    @Exported
    public boolean isPassed() {
        return passed;
    }

    /** Every image that the build would bring in. */
    @Exported
    public List<String> getImages() {
        return images;
    }

    @Exported(inline = true)
    public List<FindingEntry> getFindings() {
        return findings;
    }

    /** SARIF 2.1.0, for the tools that read it. */
    public String getSarif() {
        return sarif;
    }

    /** The findings as a file to download, for whoever may see the build. */
    @Restricted(NoExternalUse.class)
    public void doSarif(StaplerRequest2 request, StaplerResponse2 response) throws IOException {
        run.checkPermission(Item.READ);
        response.setContentType("application/sarif+json;charset=UTF-8");
        response.setHeader("Content-Disposition", "attachment; filename=base-images.sarif");
        response.getWriter().print(sarif);
    }

    /** The file's lines, each with the findings about it. */
    @Restricted(NoExternalUse.class)
    public List<Line> getLines() {
        List<Line> lines = new ArrayList<>();
        String shown = content.endsWith("\n") ? content.substring(0, content.length() - 1) : content;
        for (String text : shown.split("\n", -1)) {
            lines.add(new Line(lines.size() + 1, text, findings));
        }
        return lines;
    }

    /** Findings about the whole build, which stand beside no line. */
    @Restricted(NoExternalUse.class)
    public List<FindingEntry> getGeneralFindings() {
        return findings.stream().filter(finding -> finding.getLine() < 1).toList();
    }

    @Override
    public String getIconFileName() {
        return passed
                ? "symbol-shield-checkmark-outline plugin-ionicons-api"
                : "symbol-shield-half-outline plugin-ionicons-api";
    }

    @Override
    public String getDisplayName() {
        return Messages.BaseReportAction_DisplayName();
    }

    @Override
    public String getUrlName() {
        return number < 2 ? "base-images" : "base-images-" + number;
    }

    /** One line of the file. */
    @Restricted(NoExternalUse.class)
    public static final class Line {
        private static final Pattern TURNING = Pattern.compile("[\\u202A-\\u202E\\u2066-\\u2069\\u200E\\u200F\\u061C]");

        private final int number;
        private final String text;
        private final List<FindingEntry> findings;

        Line(int number, String text, List<FindingEntry> all) {
            this.number = number;
            this.text = text;
            this.findings =
                    all.stream().filter(finding -> finding.getLine() == number).toList();
        }

        public int getNumber() {
            return number;
        }

        /** Characters that turn the text after them around are shown by their number: they could hide what the builder reads. */
        public String getText() {
            return TURNING.matcher(text)
                    .replaceAll(
                            found -> "<U+%04X>".formatted((int) found.group().charAt(0)));
        }

        public List<FindingEntry> getFindings() {
            return findings;
        }
    }

    /** One finding, as it is kept: Jenkins can write a record and not read it back. */
    @ExportedBean(defaultVisibility = 2)
    public static final class FindingEntry {
        private final String severity;
        private final String rule;
        private final int line;
        private final int column;
        private final String reference;
        private final String because;
        private final String message;
        private final String suggestion;
        /** The same as JSON of sentences; null in builds of the first versions. */
        private final String messageSentence;

        private final String suggestionSentence;

        FindingEntry(Finding finding) {
            severity = finding.severity().name().toLowerCase(Locale.ROOT);
            rule = finding.rule();
            line = finding.line();
            column = finding.column();
            reference = finding.reference();
            because = finding.because();
            message = finding.message();
            suggestion = finding.suggestion();
            messageSentence = finding.found().toJson().toString();
            suggestionSentence = finding.advice().toJson().toString();
        }

        /** {@code error}, {@code warning} or {@code note}. */
        @Exported
        public String getSeverity() {
            return severity;
        }

        @Restricted(NoExternalUse.class)
        public String getSeverityText() {
            return switch (severity) {
                case "error" -> Messages.FindingEntry_Error();
                case "warning" -> Messages.FindingEntry_Warning();
                default -> Messages.FindingEntry_Note();
            };
        }

        @Exported
        public String getRule() {
            return rule;
        }

        @Exported
        public int getLine() {
            return line;
        }

        @Exported
        public int getColumn() {
            return column;
        }

        @Exported
        public String getReference() {
            return reference;
        }

        /** The entry of the catalogue that decided; empty when none did. */
        @Exported
        public String getBecause() {
            return because == null ? "" : because;
        }

        /** In English. */
        @Exported
        public String getMessage() {
            return message;
        }

        /** In English; empty for none. */
        @Exported
        public String getSuggestion() {
            return suggestion;
        }

        /** The message in the reader's language. */
        @Restricted(NoExternalUse.class)
        public String getMessageText() {
            return ReadersLanguage.text(Sentence.read(messageSentence, message));
        }

        /** The suggestion in the reader's language; empty for none. */
        @Restricted(NoExternalUse.class)
        public String getSuggestionText() {
            return ReadersLanguage.text(Sentence.read(suggestionSentence, suggestion));
        }
    }
}
