package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The root keys that one begins with: a repository's own root key, as a public key or in its certificate, or an authority that
 * issued the certificate. Source: theupdateframework/notary, {@code trustpinning/trustpin.go}; first use is never trust here.
 */
public final class PinnedRoot {

    private final Set<Digest> keys = new LinkedHashSet<>();
    private final List<X509Certificate> authorities = new ArrayList<>();

    private PinnedRoot() {}

    /**
     * @param pem a {@code PUBLIC KEY}, or one or more {@code CERTIFICATE}s
     * @throws KeyException if it is neither
     */
    public static PinnedRoot of(String... pem) throws KeyException {
        PinnedRoot pinned = new PinnedRoot();
        for (String one : pem) {
            if (one.contains("-----BEGIN CERTIFICATE-----")) {
                pinned.addCertificates(one);
            } else {
                pinned.keys.add(PublicKeys.fingerprint(PublicKeys.read(one)));
            }
        }
        if (pinned.keys.isEmpty()) {
            throw new KeyException(KeyException.Reason.UNREADABLE, "there is no root key to begin with");
        }
        return pinned;
    }

    private void addCertificates(String pem) throws KeyException {
        try {
            for (Certificate one : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
                X509Certificate certificate = (X509Certificate) one;
                keys.add(PublicKeys.fingerprint(
                        PublicKeys.decode(certificate.getPublicKey().getEncoded())));
                if (certificate.getBasicConstraints() >= 0) {
                    authorities.add(certificate);
                }
            }
        } catch (CertificateException e) {
            throw new KeyException(KeyException.Reason.UNREADABLE, "not a certificate in PEM: " + e.getMessage(), e);
        }
    }

    /** Whether the key is a pinned one, or a pinned authority issued its certificate, which has to be valid. */
    boolean fits(TrustKey key, Instant now) {
        return keys.contains(key.fingerprint())
                || key.certificateOrNull() != null
                        && authorities.stream().anyMatch(authority -> issued(authority, key.certificateOrNull(), now));
    }

    private static boolean issued(X509Certificate authority, X509Certificate certificate, Instant now) {
        if (!authority.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(authority.getPublicKey());
            certificate.checkValidity(Date.from(now));
            authority.checkValidity(Date.from(now));
            return true;
        } catch (GeneralSecurityException notOfThisAuthority) {
            return false;
        }
    }

    String describe() {
        return keys.toString();
    }
}
