package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Why an attempt failed that may be repeated.
 *
 * @param retryAfter how long the registry asked to wait
 * @param causeOrNull null for an answer
 */
record Failure(Kind kind, String reason, Optional<Duration> retryAfter, IOException causeOrNull) {

    enum Kind {
        CONNECTION,
        THROTTLED,
        SERVER
    }

    private static final Set<Integer> SERVER_STATUSES = Set.of(408, 425, 500, 502, 503, 504);

    /** Empty when the answer is one to read. */
    static Optional<Failure> of(Answer answer, Clock clock) {
        boolean throttled = answer.status() == 429;
        if (!throttled && !SERVER_STATUSES.contains(answer.status())) {
            return Optional.empty();
        }
        return Optional.of(new Failure(
                throttled ? Kind.THROTTLED : Kind.SERVER,
                RegistryErrors.describe(answer),
                answer.header("Retry-After").flatMap(value -> retryAfter(value, clock)),
                null));
    }

    /**
     * @throws UntrustedCertificateException as repeating does not help
     * @throws UnreachableException if there is no such name
     */
    static Failure of(IOException failure, String action, String host) throws RegistryException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException
                    || cause instanceof CertPathValidatorException
                    || cause instanceof java.security.cert.CertPathBuilderException
                    || cause instanceof SSLPeerUnverifiedException) {
                throw new UntrustedCertificateException(
                        "tried to " + action + ", but the certificate of " + host + " is not trusted: "
                                + cause.getMessage()
                                + ". If your organisation issued it, give its authority's certificate to this registry's configuration.",
                        failure);
            }
            if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
                throw new UnreachableException(
                        "tried to " + action + ", but there is no host of the name " + host, failure);
            }
            if (cause instanceof SSLException
                    && String.valueOf(cause.getMessage()).contains("SSL message")) {
                throw new UnreachableException(
                        "tried to " + action + ", but " + host + " does not speak TLS at this port", failure);
            }
        }
        return new Failure(
                Kind.CONNECTION, RegistryErrors.clean(String.valueOf(failure.getMessage())), Optional.empty(), failure);
    }

    static Failure connection(String reason) {
        return new Failure(Kind.CONNECTION, reason, Optional.empty(), null);
    }

    RegistryException asException(String action, int attempts) {
        String message =
                "tried to " + action + (attempts > 1 ? " " + attempts + " times" : "") + ", but failed: " + reason;
        return switch (kind) {
            case CONNECTION -> new UnreachableException(message, causeOrNull);
            case THROTTLED -> new ThrottledException(message);
            case SERVER -> new UnavailableException(message);
        };
    }

    /** Seconds or a date. Source: RFC 9110, section 10.2.3. */
    static Optional<Duration> retryAfter(String value, Clock clock) {
        try {
            if (value.matches("[0-9]{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            Instant at = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration wait = Duration.between(clock.instant(), at);
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
