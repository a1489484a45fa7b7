package io.jenkins.plugins.countersign.goldenbase;

import hudson.Extension;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.jenkins.plugins.checks.api.ChecksAnnotation.ChecksAnnotationBuilder;
import io.jenkins.plugins.checks.api.ChecksAnnotation.ChecksAnnotationLevel;
import io.jenkins.plugins.checks.api.ChecksConclusion;
import io.jenkins.plugins.checks.api.ChecksDetails.ChecksDetailsBuilder;
import io.jenkins.plugins.checks.api.ChecksOutput.ChecksOutputBuilder;
import io.jenkins.plugins.checks.api.ChecksPublisherFactory;
import io.jenkins.plugins.checks.api.ChecksStatus;
import io.jenkins.plugins.countersign.goldenbase.BaseReportAction.FindingEntry;
import jenkins.model.Jenkins;

/** The findings on the commit, in the file's lines, by whichever plugin implements the checks API for the job's source. */
@Extension(optional = true)
public class CheckOnCommit implements ReportListener {

    /** What GitHub takes in one annotation and in one summary; more is cut. */
    private static final int MAX_ANNOTATIONS = 50;

    private static final int MAX_TEXT = 60_000;

    @Override
    public void onReport(Run<?, ?> run, BaseReportAction report, TaskListener listener) {
        StringBuilder summary = new StringBuilder();
        ChecksOutputBuilder output = new ChecksOutputBuilder()
                .withTitle(report.isPassed() ? Messages.CheckOnCommit_Passed() : Messages.CheckOnCommit_Refused());
        int annotations = 0;
        for (FindingEntry finding : report.getFindings()) {
            String text =
                    finding.getMessage() + (finding.getSuggestion().isEmpty() ? "" : "\n" + finding.getSuggestion());
            if (summary.length() < MAX_TEXT) {
                summary.append("- ").append(plain(text)).append('\n');
            }
            if (finding.getLine() > 0 && annotations++ < MAX_ANNOTATIONS) {
                output.addAnnotation(new ChecksAnnotationBuilder()
                        .withPath(report.getFile())
                        .withLine(finding.getLine())
                        .withAnnotationLevel(level(finding.getSeverity()))
                        .withTitle(finding.getRule())
                        .withMessage(text)
                        .build());
            }
        }
        output.withSummary(summary.isEmpty() ? Messages.CheckOnCommit_Passed() : summary.toString());
        ChecksPublisherFactory.fromRun(run, listener)
                .publish(new ChecksDetailsBuilder()
                        .withName(Messages.CheckOnCommit_Name() + " / " + report.getFile())
                        .withStatus(ChecksStatus.COMPLETED)
                        .withConclusion(report.isPassed() ? ChecksConclusion.SUCCESS : ChecksConclusion.FAILURE)
                        .withDetailsURL(Jenkins.get().getRootUrl() + run.getUrl() + report.getUrlName())
                        .withOutput(output.build())
                        .build());
    }

    private static ChecksAnnotationLevel level(String severity) {
        return switch (severity) {
            case "error" -> ChecksAnnotationLevel.FAILURE;
            case "warning" -> ChecksAnnotationLevel.WARNING;
            default -> ChecksAnnotationLevel.NOTICE;
        };
    }

    /** A summary is Markdown, and a Dockerfile is written by whoever wants to be believed. */
    private static String plain(String text) {
        return text.replaceAll("([\\\\`*_{}\\[\\]<>#!|@~])", "\\\\$1").replace("\n", " ");
    }
}
