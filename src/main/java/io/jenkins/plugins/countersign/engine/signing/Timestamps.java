package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.tsp.TimeStampResp;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampToken;

/** Timestamps of an authority that is trusted: that the signature existed then. Source: RFC 3161. */
final class Timestamps {

    private static final Map<String, String> HASHES = Map.of(
            NISTObjectIdentifiers.id_sha256.getId(), "SHA-256",
            NISTObjectIdentifiers.id_sha384.getId(), "SHA-384",
            NISTObjectIdentifiers.id_sha512.getId(), "SHA-512");

    private Timestamps() {}

    /**
     * @param response a response or a bare token, DER
     * @param signature what was stamped
     * @param roots of the trusted authorities
     */
    static Instant verify(byte[] response, byte[] signature, Collection<X509Certificate> roots)
            throws VerificationException {
        try {
            TimeStampToken token = token(response);
            String hash = HASHES.get(
                    token.getTimeStampInfo().getMessageImprintAlgOID().getId());
            if (hash == null) {
                throw bad("it is over a hash that is not accepted", null);
            }
            byte[] expected = MessageDigest.getInstance(hash).digest(signature);
            if (!MessageDigest.isEqual(expected, token.getTimeStampInfo().getMessageImprintDigest())) {
                throw bad("it is over something else than this signature", null);
            }
            Instant time = token.getTimeStampInfo().getGenTime().toInstant();
            List<X509Certificate> sent = new ArrayList<>();
            for (X509CertificateHolder holder : token.getCertificates().getMatches(null)) {
                sent.add(Certificates.read(holder.getEncoded()));
            }
            List<X509Certificate> candidates = new ArrayList<>(sent);
            candidates.addAll(roots);
            for (X509Certificate candidate : candidates) {
                if (token.getSID().match(new X509CertificateHolder(candidate.getEncoded()))) {
                    PublicKeys.requireAccepted(candidate.getPublicKey());
                    token.validate(new JcaSimpleSignerInfoVerifierBuilder().build(candidate));
                    Certificates.requirePath(candidate, sent, List.of(), roots, time);
                    return time;
                }
            }
            throw bad("the certificate of its authority is neither in it nor among the trusted ones", null);
        } catch (VerificationException e) {
            throw e.reason() == Reason.BAD_TIMESTAMP ? e : bad(e.getMessage(), e);
        } catch (TSPException
                | CMSException
                | IOException
                | GeneralSecurityException
                | OperatorCreationException
                | io.jenkins.plugins.countersign.engine.signing.keys.KeyException
                | RuntimeException e) {
            throw bad(e.getMessage(), e);
        }
    }

    private static TimeStampToken token(byte[] response) throws TSPException, IOException, CMSException {
        ASN1Sequence sequence = ASN1Sequence.getInstance(response);
        if (sequence.getObjectAt(0) instanceof ASN1Sequence) {
            TimeStampResp parsed = TimeStampResp.getInstance(sequence);
            if (parsed.getTimeStampToken() == null) {
                throw new IOException("the authority refused to stamp");
            }
            return new TimeStampToken(new CMSSignedData(parsed.getTimeStampToken()));
        }
        return new TimeStampToken(new CMSSignedData(response));
    }

    private static VerificationException bad(String why, Exception cause) {
        return new VerificationException(Reason.BAD_TIMESTAMP, "the timestamp is refused: " + why, cause);
    }
}
