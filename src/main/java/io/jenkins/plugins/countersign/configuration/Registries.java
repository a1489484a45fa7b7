package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardCertificateCredentials;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import hudson.AbortException;
import hudson.model.Run;
import hudson.security.ACL;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ClientCertificate;
import io.jenkins.plugins.countersign.engine.registry.ConnectionReport;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Retries;
import io.jenkins.plugins.countersign.engine.registry.Timeouts;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.Optional;
import jenkins.model.Jenkins;

/** Reaches registries as the administrators configured them. */
public final class Registries {

    private static final Timeouts TEST_PATIENCE =
            new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30));

    private Registries() {}

    /**
     * How the registry of a location is reached from a build.
     *
     * @param credentialsIdOrNull the step's own login, looked up in the build's context; null for the folder's or
     *     the system's
     * @throws AbortException if the credentials are not there, or are not meant for the registry's host; or if the location
     *     is a folder
     */
    public static RegistrySettings settings(ImageLocation location, String credentialsIdOrNull, Run<?, ?> run)
            throws AbortException {
        String host = host(location);
        Optional<RegistryConfiguration> configured =
                CountersignConfiguration.get().registry(host);
        StandardUsernamePasswordCredentials login = null;
        String wanted = credentialsIdOrNull != null
                ? credentialsIdOrNull
                : ContextRules.registryCredentialsId(run, host).orElse(null);
        if (wanted != null) {
            login = CredentialsProvider.findCredentialById(
                    wanted, StandardUsernamePasswordCredentials.class, run, RegistryConfiguration.requirements(host));
            if (login == null) {
                throw new AbortException(Messages.Registries_NoCredentials(wanted, host));
            }
        } else if (configured.isPresent() && configured.get().getCredentialsId() != null) {
            login = configuredLogin(configured.get());
            CredentialsProvider.track(run, login);
        }
        return RegistrySettings.of(host, configured.orElse(null), login, clientCertificate(configured.orElse(null)));
    }

    /** As the controller itself reaches a registry, outside any build: for gates, pages and webhooks. */
    public static Repository open(ImageLocation location, Progress progress) throws AbortException {
        return settings(host(location)).open(location, progress);
    }

    /** The same for a registry by its host. */
    public static RegistryAccess access(String host, Progress progress) throws AbortException {
        return settings(host).access(progress);
    }

    private static RegistrySettings settings(String host) throws AbortException {
        RegistryConfiguration configured =
                CountersignConfiguration.get().registry(host).orElse(null);
        StandardUsernamePasswordCredentials login =
                configured == null || configured.getCredentialsId() == null ? null : configuredLogin(configured);
        return RegistrySettings.of(host, configured, login, clientCertificate(configured));
    }

    /** Asks a registry once, as it would be reached with these settings. */
    static ConnectionReport test(RegistryConfiguration configured) throws IOException {
        return RegistrySettings.of(
                        configured.getHost(),
                        configured,
                        configured.getCredentialsId() == null ? null : configuredLogin(configured),
                        clientCertificate(configured))
                .access(Progress.NONE)
                .withTimeouts(TEST_PATIENCE)
                .withRetries(Retries.NONE)
                .test();
    }

    private static ClientCertificate clientCertificate(RegistryConfiguration configuredOrNull) throws AbortException {
        if (configuredOrNull == null || configuredOrNull.getClientCertificateId() == null) {
            return null;
        }
        StandardCertificateCredentials found = CredentialsProvider.lookupCredentialsInItemGroup(
                        StandardCertificateCredentials.class,
                        Jenkins.get(),
                        ACL.SYSTEM2,
                        RegistryConfiguration.requirements(configuredOrNull.getHost()))
                .stream()
                .filter(CredentialsMatchers.withId(configuredOrNull.getClientCertificateId())::matches)
                .findFirst()
                .orElseThrow(() -> new AbortException(Messages.Registries_NoClientCertificate(
                        configuredOrNull.getClientCertificateId(), configuredOrNull.getHost())));
        try {
            KeyStore store = found.getKeyStore();
            char[] password = found.getPassword().getPlainText().toCharArray();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    StringBuilder chain = new StringBuilder();
                    for (Certificate certificate : store.getCertificateChain(alias)) {
                        chain.append(pem("CERTIFICATE", certificate.getEncoded()));
                    }
                    return new ClientCertificate(
                            chain.toString(),
                            pem("PRIVATE KEY", store.getKey(alias, password).getEncoded()));
                }
            }
        } catch (GeneralSecurityException e) {
            // told below, without what the exception says of the key
        }
        throw new AbortException(
                Messages.Registries_ClientCertificateUnusable(configuredOrNull.getClientCertificateId()));
    }

    private static String pem(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + type
                + "-----\n";
    }

    /** A folder named in a Jenkinsfile would be one of the controller's: an image of a build lives in a registry. */
    private static String host(ImageLocation location) throws AbortException {
        if (location.isLayout()) {
            throw new AbortException(Messages.Registries_NotAFolder(location));
        }
        return ImageReference.parse(location.repository()).registry();
    }

    private static StandardUsernamePasswordCredentials configuredLogin(RegistryConfiguration configured)
            throws AbortException {
        return CredentialsProvider.lookupCredentialsInItemGroup(
                        StandardUsernamePasswordCredentials.class,
                        Jenkins.get(),
                        ACL.SYSTEM2,
                        RegistryConfiguration.requirements(configured.getHost()))
                .stream()
                .filter(CredentialsMatchers.withId(configured.getCredentialsId())::matches)
                .findFirst()
                .orElseThrow(() -> new AbortException(
                        Messages.Registries_NoCredentials(configured.getCredentialsId(), configured.getHost())));
    }
}
