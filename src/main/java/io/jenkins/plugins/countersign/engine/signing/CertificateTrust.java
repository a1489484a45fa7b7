package io.jenkins.plugins.countersign.engine.signing;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Whose certificates are believed, and for whom: an authority alone is never enough, because it certifies many.
 *
 * @param roots where every chain must end
 * @param intermediates that may lie between, besides those that come with the signature
 * @param identity who must have signed: an e-mail address or URI of the certificate's subject alternative names, or its subject
 *     as RFC 2253 writes it
 * @param issuer who vouched for the identity to Fulcio (its OpenID Connect issuer); empty for certificates of other authorities
 */
public record CertificateTrust(
        List<X509Certificate> roots, List<X509Certificate> intermediates, String identity, String issuer) {

    public CertificateTrust {
        roots = List.copyOf(roots);
        intermediates = List.copyOf(intermediates);
        if (roots.isEmpty()) {
            throw new IllegalArgumentException("a certificate authority is needed to believe certificates");
        }
        if (identity.isBlank()) {
            throw new IllegalArgumentException("an identity is needed: an authority certifies many people");
        }
    }

    /**
     * What people give: certificates in PEM. Those that issued themselves are the roots, the others may lie between.
     *
     * @param issuer null or empty for none
     * @throws VerificationException if they cannot be read, or none is a root
     */
    public static CertificateTrust parse(String pem, String identity, String issuer) throws VerificationException {
        List<X509Certificate> roots = new ArrayList<>();
        List<X509Certificate> intermediates = new ArrayList<>();
        for (X509Certificate certificate : Certificates.readPem(pem)) {
            boolean root = certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
            (root ? roots : intermediates).add(certificate);
        }
        if (roots.isEmpty()) {
            throw new VerificationException(
                    VerificationException.Reason.UNTRUSTED_CERTIFICATE,
                    "there is no root certificate among the " + intermediates.size() + " that were given");
        }
        return new CertificateTrust(roots, intermediates, identity, issuer == null ? "" : issuer);
    }

    /** An organisation's own authority. */
    public CertificateTrust(Collection<X509Certificate> roots, String identity) {
        this(List.copyOf(roots), List.of(), identity, "");
    }
}
