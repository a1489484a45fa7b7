package io.jenkins.plugins.countersign.configuration;

import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.engine.registry.ConnectionReport;

/** What "Test connection" says of a registry that answered. */
final class ConnectionTest {

    private ConnectionTest() {}

    static FormValidation said(ConnectionReport report, RegistryConfiguration tested) {
        String encryption =
                switch (report.encryption()) {
                    case VERIFIED -> Messages.ConnectionTest_Verified();
                    case UNVERIFIED -> Messages.ConnectionTest_Unverified();
                    case NONE -> Messages.ConnectionTest_PlainHttp();
                };
        boolean anonymous = tested.getCredentialsId() == null;
        String login =
                switch (report.login()) {
                    case TAKEN ->
                        anonymous ? Messages.ConnectionTest_AnonymousToken() : Messages.ConnectionTest_LoginTaken();
                    case NOT_ASKED_FOR ->
                        anonymous ? Messages.ConnectionTest_NoLogin() : Messages.ConnectionTest_LoginNotAskedFor();
                };
        String referrers =
                switch (report.referrers()) {
                    case LISTED_BY_THE_REGISTRY -> Messages.ConnectionTest_Referrers();
                    case NOT_LISTED -> Messages.ConnectionTest_FallbackTag();
                    case UNKNOWN -> Messages.ConnectionTest_ReferrersUnknown(report.referrersUnknownBecause());
                };
        String text = String.join(" ", Messages.ConnectionTest_Answers(tested.getHost()), encryption, login, referrers);
        return report.encryption() == ConnectionReport.Encryption.VERIFIED
                ? FormValidation.ok(text)
                : FormValidation.warning(text);
    }
}
