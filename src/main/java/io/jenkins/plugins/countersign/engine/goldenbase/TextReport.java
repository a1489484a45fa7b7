package io.jenkins.plugins.countersign.engine.goldenbase;

import java.util.List;
import java.util.Locale;

/** Reports for a terminal or a log, one finding to a line, in the form that editors and build logs understand. */
public final class TextReport {

    private TextReport() {}

    public static String render(List<BaseReport> reports) {
        StringBuilder text = new StringBuilder();
        for (BaseReport report : reports) {
            for (Finding finding : report.findings()) {
                text.append(printable(report.file()));
                if (finding.line() > 0) {
                    text.append(':').append(finding.line()).append(':').append(finding.column());
                }
                text.append(": ")
                        .append(finding.severity().name().toLowerCase(Locale.ROOT))
                        .append(" [")
                        .append(finding.rule())
                        .append("] ")
                        .append(printable(finding.message()));
                if (!finding.because().isEmpty()) {
                    text.append(" (rule: ").append(printable(finding.because())).append(')');
                }
                text.append('\n');
                if (!finding.suggestion().isEmpty()) {
                    text.append("    ").append(printable(finding.suggestion())).append('\n');
                }
            }
            long images =
                    report.inputs().stream().filter(input -> input.reachable()).count();
            text.append(printable(report.file())).append(report.passed() ? ": passed" : ": FAILED");
            if (!LineageReport.is(report)) {
                text.append(", ")
                        .append(images)
                        .append(images == 1 ? " image enters the build" : " images enter the build");
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** A Dockerfile may hold escape sequences meant for the terminal of whoever reads the report. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}|[\\u202A-\\u202E\\u2066-\\u2069]", "\uFFFD");
    }
}
