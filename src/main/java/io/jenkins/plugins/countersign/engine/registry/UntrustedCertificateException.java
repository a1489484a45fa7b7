package io.jenkins.plugins.countersign.engine.registry;

/** The server's certificate was not issued for this name by an authority that is trusted here. */
public class UntrustedCertificateException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public UntrustedCertificateException(String message) {
        super(message);
    }

    public UntrustedCertificateException(String message, Throwable cause) {
        super(message, cause);
    }
}
