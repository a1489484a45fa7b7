package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1UTF8String;

/** X.509 certificates of signers. Sources: RFC 5280; sigstore/fulcio, {@code docs/oid-info.md}. */
final class Certificates {

    static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final String ANY_PURPOSE = "2.5.29.37.0";
    /** The issuer as a DER UTF8String, and its older form as bare bytes. */
    private static final String FULCIO_ISSUER = "1.3.6.1.4.1.57264.1.8";

    private static final String FULCIO_ISSUER_OLD = "1.3.6.1.4.1.57264.1.1";
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int MAX_CERTIFICATES = 10;

    private Certificates() {}

    static X509Certificate read(byte[] der) throws VerificationException {
        try {
            ByteArrayInputStream in = new ByteArrayInputStream(der);
            X509Certificate certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            if (in.available() > 0 || !java.util.Arrays.equals(certificate.getEncoded(), der)) {
                throw new VerificationException(Reason.MALFORMED, "a certificate is not in DER");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new VerificationException(Reason.MALFORMED, "a certificate cannot be read", e);
        }
    }

    static List<X509Certificate> readAll(Collection<byte[]> ders) throws VerificationException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (byte[] der : ders) {
            certificates.add(read(der));
        }
        return certificates;
    }

    /** Certificates in PEM, as cosign's annotations have them. */
    static List<X509Certificate> readPem(String pem) throws VerificationException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            for (var certificate : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
                certificates.add((X509Certificate) certificate);
            }
        } catch (CertificateException e) {
            throw new VerificationException(Reason.MALFORMED, "a certificate in an annotation cannot be read", e);
        }
        if (certificates.size() > MAX_CERTIFICATES) {
            throw new VerificationException(
                    Reason.TOO_LARGE,
                    "there are " + certificates.size() + " certificates, at most " + MAX_CERTIFICATES);
        }
        return certificates;
    }

    /**
     * The leaf, what issued it, and so on up to a root that issued itself, as the Notary Project's envelopes have it.
     *
     * @param others in any order; what does not belong is left out
     * @throws VerificationException if the leaf is no signer's, is not valid at that time, or a link is missing
     */
    static List<X509Certificate> completeChain(X509Certificate leaf, Collection<X509Certificate> others, Instant time)
            throws VerificationException {
        requireSigner(leaf);
        requireValid(leaf, time);
        List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
        while (!issued(chain.get(chain.size() - 1), chain.get(chain.size() - 1))) {
            X509Certificate last = chain.get(chain.size() - 1);
            X509Certificate issuer = others.stream()
                    .filter(candidate -> !chain.contains(candidate) && issued(candidate, last))
                    .findFirst()
                    .orElseThrow(() -> new VerificationException(
                            Reason.UNTRUSTED_CERTIFICATE,
                            "the certificate of " + last.getIssuerX500Principal() + ", which issued that of "
                                    + last.getSubjectX500Principal() + ", is missing; put it beside the key's own"));
            chain.add(issuer);
            if (chain.size() > MAX_CERTIFICATES) {
                throw new VerificationException(
                        Reason.TOO_LARGE, "the chain has more than " + MAX_CERTIFICATES + " certificates");
            }
        }
        return chain;
    }

    private static boolean issued(X509Certificate issuer, X509Certificate issuee) {
        if (!issuer.getSubjectX500Principal().equals(issuee.getIssuerX500Principal())) {
            return false;
        }
        try {
            issuee.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException sameNameAnotherKey) {
            return false;
        }
    }

    /** @throws VerificationException if the leaf does not lead to a root of this trust at that time, or is somebody else's */
    static void requireTrusted(X509Certificate leaf, List<X509Certificate> others, CertificateTrust trust, Instant time)
            throws VerificationException {
        requireSigner(leaf);
        requireValid(leaf, time);
        requirePath(leaf, others, trust.intermediates(), trust.roots(), time);
        requireIdentity(leaf, trust);
    }

    private static void requireSigner(X509Certificate leaf) throws VerificationException {
        boolean[] usage = leaf.getKeyUsage();
        if (usage != null && !usage[DIGITAL_SIGNATURE]) {
            throw new VerificationException(
                    Reason.CERTIFICATE_USAGE, "the signer's certificate may not be used for digital signatures");
        }
        try {
            List<String> purposes = leaf.getExtendedKeyUsage();
            if (purposes != null && !purposes.contains(CODE_SIGNING) && !purposes.contains(ANY_PURPOSE)) {
                throw new VerificationException(
                        Reason.CERTIFICATE_USAGE,
                        "the signer's certificate is not for code signing but for " + purposes);
            }
        } catch (CertificateParsingException e) {
            throw new VerificationException(Reason.MALFORMED, "the certificate's purposes cannot be read", e);
        }
    }

    private static void requireValid(X509Certificate leaf, Instant time) throws VerificationException {
        Instant from = leaf.getNotBefore().toInstant();
        Instant to = leaf.getNotAfter().toInstant();
        if (time.isBefore(from) || time.isAfter(to)) {
            throw new VerificationException(
                    Reason.CERTIFICATE_TIME,
                    "the signer's certificate is valid from " + from + " to " + to + ", the time that counts is "
                            + time);
        }
    }

    /** Revocation lists are not asked for: who no longer may sign is taken out of the trust policy. */
    static void requirePath(
            X509Certificate leaf,
            List<X509Certificate> sent,
            List<X509Certificate> known,
            Collection<X509Certificate> roots,
            Instant time)
            throws VerificationException {
        if (roots.contains(leaf)) {
            return;
        }
        try {
            Set<TrustAnchor> anchors =
                    roots.stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toSet());
            X509CertSelector target = new X509CertSelector();
            target.setCertificate(leaf);
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(time));
            parameters.setMaxPathLength(MAX_CERTIFICATES);
            List<X509Certificate> between = new ArrayList<>(sent);
            between.addAll(known);
            between.add(leaf);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(between)));
            CertPathBuilder.getInstance("PKIX").build(parameters);
        } catch (CertPathBuilderException e) {
            throw new VerificationException(
                    Reason.UNTRUSTED_CERTIFICATE,
                    "the certificate of " + leaf.getSubjectX500Principal() + " does not lead to a trusted authority"
                            + (e.getCause() instanceof CertPathValidatorException cause
                                    ? ": " + cause.getMessage()
                                    : ""),
                    e);
        } catch (GeneralSecurityException e) {
            throw new VerificationException(Reason.UNTRUSTED_CERTIFICATE, "the certificates cannot be checked", e);
        }
    }

    private static void requireIdentity(X509Certificate leaf, CertificateTrust trust) throws VerificationException {
        List<String> names = names(leaf);
        if (!names.contains(trust.identity())) {
            throw new VerificationException(
                    Reason.WRONG_IDENTITY, "the certificate is " + names + "'s, expected " + trust.identity());
        }
        String issuer = issuer(leaf);
        if (!issuer.equals(trust.issuer())) {
            throw new VerificationException(
                    Reason.WRONG_IDENTITY,
                    "the signer's identity is vouched for by \"" + issuer + "\", expected \"" + trust.issuer() + "\"");
        }
    }

    private static List<String> names(X509Certificate leaf) throws VerificationException {
        List<String> names = new ArrayList<>();
        String subject = leaf.getSubjectX500Principal().getName(X500Principal.RFC2253);
        if (!subject.isEmpty()) {
            names.add(subject);
        }
        try {
            if (leaf.getSubjectAlternativeNames() != null) {
                for (List<?> name : leaf.getSubjectAlternativeNames()) {
                    // rfc822Name and uniformResourceIdentifier; a host name signs nothing.
                    if (Integer.valueOf(1).equals(name.get(0))
                            || Integer.valueOf(6).equals(name.get(0))) {
                        names.add(name.get(1).toString());
                    }
                }
            }
        } catch (CertificateParsingException e) {
            throw new VerificationException(Reason.MALFORMED, "the certificate's names cannot be read", e);
        }
        return names;
    }

    private static String issuer(X509Certificate leaf) throws VerificationException {
        try {
            byte[] extension = leaf.getExtensionValue(FULCIO_ISSUER);
            if (extension != null) {
                return ASN1UTF8String.getInstance(
                                ASN1OctetString.getInstance(extension).getOctets())
                        .getString();
            }
            byte[] old = leaf.getExtensionValue(FULCIO_ISSUER_OLD);
            return old == null
                    ? ""
                    : new String(ASN1OctetString.getInstance(old).getOctets(), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new VerificationException(Reason.MALFORMED, "the certificate's issuer extension cannot be read", e);
        }
    }
}
