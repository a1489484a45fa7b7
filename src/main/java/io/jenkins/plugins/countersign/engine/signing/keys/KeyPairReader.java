package io.jenkins.plugins.countersign.engine.signing.keys;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.misc.MiscObjectIdentifiers;
import org.bouncycastle.asn1.misc.ScryptParams;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;

/**
 * Reads a private key from whatever people keep it in: cosign's encrypted keys under both headers; PEM with PKCS#8, SEC1 or
 * PKCS#1, encrypted or not; PKCS#12. Certificates that stand beside the key are kept.
 *
 * <p>Whether a key is accepted is decided by {@link PublicKeys#requireAccepted}.
 */
public final class KeyPairReader {

    private static final int MAX_LENGTH = 256 * 1024;
    /** OWASP asks for 600,000 to 1,300,000 rounds of PBKDF2; this is also the JDK's limit for PKCS#12. */
    private static final int MAX_ROUNDS = 5_000_000;
    /** 128 * N * r bytes: 256 MiB. */
    private static final long MAX_SCRYPT_BYTES = 256L * 1024 * 1024;

    private KeyPairReader() {}

    /**
     * @param content the bytes of the file
     * @param password null when there is none; cosign allows an empty one
     */
    public static SigningKey read(byte[] content, char[] password) throws KeyException {
        return read(content, password, null);
    }

    /**
     * @param alias which key of a PKCS#12 file with several; null for the only one
     */
    public static SigningKey read(byte[] content, char[] password, String alias) throws KeyException {
        if (content.length > MAX_LENGTH) {
            throw new KeyException(
                    Reason.UNREADABLE, "a key file has at most " + MAX_LENGTH + " bytes, this has " + content.length);
        }
        if (content.length > 1 && content[0] == 0x30) {
            return readDer(content, password, alias);
        }
        return readPem(new String(content, StandardCharsets.UTF_8), password);
    }

    private static SigningKey readDer(byte[] content, char[] password, String alias) throws KeyException {
        try {
            ASN1Sequence sequence = ASN1Sequence.getInstance(content);
            if (sequence.getObjectAt(0) instanceof ASN1Integer version && version.hasValue(3)) {
                return readPkcs12(content, password, alias);
            }
            if (sequence.getObjectAt(0) instanceof ASN1Sequence) {
                return of(decrypt(content, password), List.of());
            }
            return of(content, List.of());
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new KeyException(Reason.UNREADABLE, "neither PEM nor PKCS#12 nor PKCS#8", e);
        }
    }

    private static SigningKey readPem(String text, char[] password) throws KeyException {
        List<Pem.Block> blocks;
        try {
            blocks = Pem.read(text);
        } catch (IllegalArgumentException e) {
            throw new KeyException(Reason.UNREADABLE, "damaged PEM: " + e.getMessage(), e);
        }
        List<X509Certificate> certificates = new ArrayList<>();
        Pem.Block found = null;
        for (Pem.Block block : blocks) {
            if (block.type().equals("CERTIFICATE")) {
                certificates.add(certificate(block.content()));
            } else if (block.type().endsWith("PRIVATE KEY")) {
                if (found != null) {
                    throw new KeyException(Reason.AMBIGUOUS, "there is more than one private key in the file");
                }
                found = block;
            }
        }
        if (found == null) {
            boolean publicKey = blocks.stream().anyMatch(block -> block.type().endsWith("PUBLIC KEY"));
            throw publicKey
                    ? new KeyException(Reason.WRONG_KIND, "this is a public key; to sign, the private key is needed")
                    : new KeyException(
                            Reason.UNREADABLE, "no private key was found (expected PEM, PKCS#12 or cosign's format)");
        }
        return of(pkcs8(found, password), certificates);
    }

    private static byte[] pkcs8(Pem.Block block, char[] password) throws KeyException {
        return switch (block.type()) {
            case CosignKey.HEADER, CosignKey.OLD_HEADER -> CosignKey.decrypt(block.content(), password);
            case "ENCRYPTED PRIVATE KEY" -> decrypt(block.content(), password);
            case "PRIVATE KEY" -> block.content();
            case "EC PRIVATE KEY", "RSA PRIVATE KEY" -> traditional(block, password);
            default ->
                throw new KeyException(
                        Reason.NOT_ACCEPTED,
                        "a key of the kind \"" + block.type()
                                + "\" is not read; convert it with: openssl pkcs8 -topk8 -in key -out key.pem");
        };
    }

    /** SEC1 and PKCS#1, with OpenSSL's own encryption (RFC 1421 headers) or without. */
    private static byte[] traditional(Pem.Block block, char[] password) throws KeyException {
        try (PEMParser parser = new PEMParser(new StringReader(block.text()))) {
            Object parsed = parser.readObject();
            if (parsed instanceof PEMEncryptedKeyPair encrypted) {
                requirePassword(password);
                try {
                    parsed = encrypted.decryptKeyPair(new JcePEMDecryptorProviderBuilder()
                            .setProvider(new BouncyCastleProvider())
                            .build(password));
                } catch (IOException e) {
                    throw new KeyException(Reason.PASSWORD_WRONG, "the password does not open the key", e);
                }
            }
            if (parsed instanceof PEMKeyPair pair) {
                return pair.getPrivateKeyInfo().getEncoded();
            }
        } catch (PEMException e) {
            throw new KeyException(Reason.UNREADABLE, "damaged key: " + block.type(), e);
        } catch (IOException | RuntimeException e) {
            throw new KeyException(Reason.UNREADABLE, "damaged key: " + block.type(), e);
        }
        throw new KeyException(Reason.UNREADABLE, "damaged key: " + block.type());
    }

    private static byte[] decrypt(byte[] content, char[] password) throws KeyException {
        PKCS8EncryptedPrivateKeyInfo encrypted;
        try {
            encrypted = new PKCS8EncryptedPrivateKeyInfo(content);
            requireAffordable(encrypted.getEncryptionAlgorithm());
        } catch (IOException | RuntimeException e) {
            throw new KeyException(Reason.UNREADABLE, "damaged encrypted key (PKCS#8)", e);
        }
        requirePassword(password);
        try {
            return encrypted
                    .decryptPrivateKeyInfo(new JcePKCSPBEInputDecryptorProviderBuilder()
                            .setProvider(new BouncyCastleProvider())
                            .build(password))
                    .getEncoded();
        } catch (PKCSException | IOException | RuntimeException e) {
            throw new KeyException(
                    Reason.PASSWORD_WRONG, "the password does not open the key (or the key was altered)", e);
        }
    }

    private static void requireAffordable(AlgorithmIdentifier encryption) throws KeyException {
        if (!encryption.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)) {
            return;
        }
        KeyDerivationFunc derivation =
                PBES2Parameters.getInstance(encryption.getParameters()).getKeyDerivationFunc();
        if (derivation.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBKDF2)) {
            BigInteger rounds =
                    PBKDF2Params.getInstance(derivation.getParameters()).getIterationCount();
            if (rounds.compareTo(BigInteger.valueOf(MAX_ROUNDS)) > 0) {
                throw new KeyException(
                        Reason.TOO_EXPENSIVE,
                        "the key asks for " + rounds + " rounds of PBKDF2, at most " + MAX_ROUNDS);
            }
        } else if (derivation.getAlgorithm().equals(MiscObjectIdentifiers.id_scrypt)) {
            ScryptParams scrypt = ScryptParams.getInstance(derivation.getParameters());
            BigInteger bytes = scrypt.getCostParameter()
                    .multiply(scrypt.getBlockSize())
                    .multiply(scrypt.getParallelizationParameter())
                    .shiftLeft(7);
            if (bytes.compareTo(BigInteger.valueOf(MAX_SCRYPT_BYTES)) > 0) {
                throw new KeyException(Reason.TOO_EXPENSIVE, "the key asks for more work by scrypt than is accepted");
            }
        }
    }

    private static SigningKey readPkcs12(byte[] content, char[] password, String alias) throws KeyException {
        requirePassword(password);
        KeyStore store;
        try {
            store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(content), password);
        } catch (IOException e) {
            throw e.getCause() instanceof UnrecoverableKeyException
                    ? new KeyException(Reason.PASSWORD_WRONG, "the password does not open the PKCS#12 file", e)
                    : new KeyException(Reason.UNREADABLE, "damaged PKCS#12 file, or a wrong password", e);
        } catch (GeneralSecurityException e) {
            throw new KeyException(Reason.UNREADABLE, "the PKCS#12 file cannot be read", e);
        }
        try {
            List<String> keys = new ArrayList<>();
            for (String entry : Collections.list(store.aliases())) {
                if (store.isKeyEntry(entry)) {
                    keys.add(entry);
                }
            }
            String chosen = choose(keys, alias);
            if (!(store.getKey(chosen, password) instanceof PrivateKey key)) {
                throw new KeyException(Reason.WRONG_KIND, "the PKCS#12 entry \"" + chosen + "\" is not a private key");
            }
            List<X509Certificate> certificates = new ArrayList<>();
            if (store.getCertificateChain(chosen) != null) {
                for (var certificate : store.getCertificateChain(chosen)) {
                    certificates.add((X509Certificate) certificate);
                }
            }
            return of(key.getEncoded(), certificates);
        } catch (GeneralSecurityException e) {
            throw new KeyException(Reason.PASSWORD_WRONG, "the password does not open the key in the PKCS#12 file", e);
        }
    }

    private static String choose(List<String> keys, String alias) throws KeyException {
        if (keys.isEmpty()) {
            throw new KeyException(Reason.NOT_FOUND, "there is no private key in the PKCS#12 file");
        }
        if (alias != null) {
            return keys.stream()
                    .filter(alias::equals)
                    .findFirst()
                    .orElseThrow(() -> new KeyException(
                            Reason.NOT_FOUND, "no key \"" + alias + "\" in the PKCS#12 file; it has " + keys));
        }
        if (keys.size() > 1) {
            throw new KeyException(Reason.AMBIGUOUS, "the PKCS#12 file has several keys, name one of " + keys);
        }
        return keys.get(0);
    }

    private static void requirePassword(char[] password) throws KeyException {
        if (password == null) {
            throw new KeyException(Reason.PASSWORD_MISSING, "the key is encrypted and no password was given");
        }
    }

    private static X509Certificate certificate(byte[] der) throws KeyException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new KeyException(Reason.UNREADABLE, "a certificate beside the key is damaged", e);
        }
    }

    /** Wipes {@code pkcs8}. */
    private static SigningKey of(byte[] pkcs8, List<X509Certificate> certificates) throws KeyException {
        try {
            PrivateKeyInfo info = PrivateKeyInfo.getInstance(pkcs8);
            PublicKey publicKey = publicKeyOf(info);
            PrivateKey privateKey =
                    KeyFactory.getInstance(jdkName(info)).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            List<X509Certificate> own = certificates.stream()
                    .filter(certificate -> certificate.getPublicKey().equals(publicKey))
                    .findFirst()
                    .map(leaf -> leafFirst(leaf, certificates))
                    .orElse(List.of());
            return new SigningKey(privateKey, publicKey, own);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw new KeyException(Reason.UNREADABLE, "the private key is damaged, or not in PKCS#8", e);
        } finally {
            Arrays.fill(pkcs8, (byte) 0);
        }
    }

    private static List<X509Certificate> leafFirst(X509Certificate leaf, List<X509Certificate> certificates) {
        List<X509Certificate> sorted = new ArrayList<>(List.of(leaf));
        certificates.stream().filter(certificate -> !certificate.equals(leaf)).forEach(sorted::add);
        return sorted;
    }

    private static String jdkName(PrivateKeyInfo info) throws KeyException {
        ASN1ObjectIdentifier kind = info.getPrivateKeyAlgorithm().getAlgorithm();
        if (kind.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            return "EC";
        }
        if (kind.equals(PKCSObjectIdentifiers.rsaEncryption)) {
            return "RSA";
        }
        if (kind.equals(EdECObjectIdentifiers.id_Ed25519)) {
            return "Ed25519";
        }
        throw new KeyException(
                Reason.NOT_ACCEPTED, "keys of the kind " + kind + " are not accepted: use ECDSA, RSA or Ed25519");
    }

    /** Computed from the private half: a public half beside it in the file may be missing or a lie. */
    private static PublicKey publicKeyOf(PrivateKeyInfo info)
            throws KeyException, IOException, GeneralSecurityException {
        switch (jdkName(info)) {
            case "EC" -> {
                if (!(info.getPrivateKeyAlgorithm().getParameters() instanceof ASN1ObjectIdentifier curve)) {
                    throw new KeyException(Reason.NOT_ACCEPTED, "the elliptic curve is not given by name");
                }
                X9ECParameters parameters = ECNamedCurveTable.getByOID(curve);
                if (parameters == null) {
                    throw new KeyException(
                            Reason.NOT_ACCEPTED, "the elliptic curve is not one of P-256, P-384 and P-521");
                }
                BigInteger secret = ((ECPrivateKey) KeyFactory.getInstance("EC")
                                .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded())))
                        .getS();
                byte[] point = new FixedPointCombMultiplier()
                        .multiply(parameters.getG(), secret)
                        .getEncoded(false);
                return PublicKeys.decode(new SubjectPublicKeyInfo(
                                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve), point)
                        .getEncoded("DER"));
            }
            case "RSA" -> {
                KeyFactory factory = KeyFactory.getInstance("RSA");
                if (!(factory.generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()))
                        instanceof RSAPrivateCrtKey key)) {
                    throw new KeyException(Reason.UNREADABLE, "the RSA key lacks its public exponent");
                }
                return factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
            }
            default -> {
                byte[] secret = org.bouncycastle.asn1.ASN1OctetString.getInstance(info.parsePrivateKey())
                        .getOctets();
                return PublicKeys.decode(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
                                new Ed25519PrivateKeyParameters(secret, 0).generatePublicKey())
                        .getEncoded("DER"));
            }
        }
    }
}
