package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * A certificate by which this client shows itself in TLS. {@link #toString} shows no secret.
 *
 * @param certificates the certificate and its chain, PEM
 * @param privateKey its key, PEM: PKCS#8, PKCS#1 or SEC1, not encrypted
 */
public record ClientCertificate(String certificates, String privateKey) {

    /** Which of TLS's alerts mean the client's certificate. Source: RFC 8446, section 6.2. */
    private static final Pattern ABOUT_IT = Pattern.compile(
            "fatal alert: ((?:bad|unsupported)_certificate|certificate_[a-z]+|unknown_ca|access_denied)");

    /** The alert with which a server refused the certificate of this client, or that it has none; empty for anything else. */
    static Optional<String> refusal(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Matcher alert = ABOUT_IT.matcher(String.valueOf(cause.getMessage()));
            if (cause instanceof SSLException && alert.find()) {
                return Optional.of(alert.group(1));
            }
        }
        return Optional.empty();
    }

    /**
     * The same, if it can be used.
     *
     * @throws IllegalArgumentException if one of the two is no PEM of its kind, or they do not belong together
     */
    public ClientCertificate checked() {
        try {
            Tls.check(this);
            return this;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Whose it is, by whom, until when. */
    String describe() {
        try {
            X509Certificate own = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(certificates.getBytes(StandardCharsets.UTF_8)));
            return "\"" + RegistryErrors.clean(own.getSubjectX500Principal().getName()) + "\" (issued by \""
                    + RegistryErrors.clean(own.getIssuerX500Principal().getName()) + "\", ends "
                    + own.getNotAfter().toInstant() + ")";
        } catch (CertificateException e) {
            return "given for it";
        }
    }

    @Override
    public String toString() {
        return "client certificate";
    }
}
