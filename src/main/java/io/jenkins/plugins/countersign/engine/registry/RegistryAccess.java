package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Progress;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How one registry is reached. Without more it is reached over TLS verified by the platform's authorities, through the
 * proxy that Java was started with, without a login. Unchangeable; every {@code with…} answers a changed copy.
 */
public final class RegistryAccess {

    private final String host;
    private LoginSource logins = LoginSource.ANONYMOUS;
    private List<String> authorities = List.of();
    private List<ClientCertificate> clientCertificates = List.of();
    private boolean plainHttp;
    private boolean unverifiedTls;
    private Set<String> tokenHosts = Set.of();
    private ProxySource proxies = ProxySource.OF_JAVA;
    private Timeouts timeouts = Timeouts.DEFAULT;
    private Retries retries = Retries.DEFAULT;
    private Limits limits = Limits.DEFAULT;
    private Clock clock = Clock.systemUTC();
    private Progress progress = Progress.NONE;
    private long chunkBytes = Long.MAX_VALUE;
    private Sleeper sleeper = Sleeper.REAL;
    private RegistryConnection connection;

    private RegistryAccess(String host) {
        this.host = Objects.requireNonNull(host);
    }

    private RegistryAccess(RegistryAccess other) {
        host = other.host;
        logins = other.logins;
        authorities = other.authorities;
        clientCertificates = other.clientCertificates;
        plainHttp = other.plainHttp;
        unverifiedTls = other.unverifiedTls;
        tokenHosts = other.tokenHosts;
        proxies = other.proxies;
        timeouts = other.timeouts;
        retries = other.retries;
        clock = other.clock;
        progress = other.progress;
        chunkBytes = other.chunkBytes;
        sleeper = other.sleeper;
    }

    /** @param host host and optional port as in image names, for instance {@code docker.io} or {@code registry.example.com:5000} */
    public static RegistryAccess of(String host) {
        return new RegistryAccess(host);
    }

    /** Logs in; the login is sent to this registry and its token service alone. */
    public RegistryAccess withLogin(LoginSource source) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.logins = Objects.requireNonNull(source);
        return copy;
    }

    public RegistryAccess withLogin(String user, String password) {
        return withLogin(LoginSource.of(user, password));
    }

    /** Trusts these certificate authorities (PEM) beside the platform's. */
    public RegistryAccess withAuthorities(String... pem) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.authorities = List.of(pem);
        return copy;
    }

    public RegistryAccess withClientCertificate(ClientCertificate certificate) {
        return withClientCertificates(certificate);
    }

    /** Shows that one of them whose authority the registry names. */
    public RegistryAccess withClientCertificates(ClientCertificate... certificates) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.clientCertificates = List.of(certificates);
        return copy;
    }

    /** Speaks plain HTTP with this registry, with a warning each time: anybody on the way reads and changes everything. */
    public RegistryAccess insecurePlainHttp() {
        RegistryAccess copy = new RegistryAccess(this);
        copy.plainHttp = true;
        return copy;
    }

    /** Takes any certificate from this registry, with a warning each time: anybody on the way reads and changes everything. */
    public RegistryAccess insecureUnverifiedTls() {
        RegistryAccess copy = new RegistryAccess(this);
        copy.unverifiedTls = true;
        return copy;
    }

    /**
     * Hosts of token services that may get this registry's login, beside the registry's own host, its parent domain and,
     * for Docker Hub, {@code auth.docker.io}.
     */
    public RegistryAccess withTokenHosts(String... hosts) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.tokenHosts = Set.of(hosts);
        return copy;
    }

    /** In place of {@link ProxySource#OF_JAVA}. */
    public RegistryAccess withProxies(ProxySource some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.proxies = Objects.requireNonNull(some);
        return copy;
    }

    public RegistryAccess withTimeouts(Timeouts some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.timeouts = Objects.requireNonNull(some);
        return copy;
    }

    public RegistryAccess withRetries(Retries some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.retries = Objects.requireNonNull(some);
        return copy;
    }

    public RegistryAccess withClock(Clock some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.clock = Objects.requireNonNull(some);
        return copy;
    }

    /** Is told of repetitions and warnings. */
    public RegistryAccess withProgress(Progress some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.progress = Objects.requireNonNull(some);
        return copy;
    }

    /** Uploads blobs in requests of at most so many bytes, for registries behind a proxy that limits a request's size. */
    public RegistryAccess withChunksOf(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("chunks must have at least one byte, not " + bytes);
        }
        RegistryAccess copy = new RegistryAccess(this);
        copy.chunkBytes = bytes;
        return copy;
    }

    RegistryAccess withSleeper(Sleeper some) {
        RegistryAccess copy = new RegistryAccess(this);
        copy.sleeper = some;
        return copy;
    }

    /**
     * Asks the registry whether it is one, and whether it takes the login.
     *
     * @throws RegistryException of the kind that tells what is wrong: {@link UnauthorizedException}, {@link
     *     UntrustedCertificateException}, {@link UnreachableException}, {@link UnexpectedAnswerException}
     */
    public void ping() throws RegistryException {
        connection().exchange().call(Ping.request(this), Exchange.Follow.NOWHERE, Ping::read);
    }

    /**
     * Asks as {@link #ping} does, and besides how it lists what is attached to images. Changes nothing there.
     *
     * @throws RegistryException as {@link #ping}
     */
    public ConnectionReport test() throws RegistryException {
        return ConnectionReport.of(this);
    }

    public String host() {
        return host;
    }

    /** One for all repositories opened with this access: they share connections and tokens. */
    synchronized RegistryConnection connection() {
        if (connection == null) {
            connection = new RegistryConnection(this);
        }
        return connection;
    }

    LoginSource logins() {
        return logins;
    }

    List<String> authorities() {
        return authorities;
    }

    List<ClientCertificate> clientCertificates() {
        return clientCertificates;
    }

    boolean plainHttp() {
        return plainHttp;
    }

    boolean unverifiedTls() {
        return unverifiedTls;
    }

    Set<String> tokenHosts() {
        return tokenHosts;
    }

    ProxySource proxies() {
        return proxies;
    }

    Timeouts timeouts() {
        return timeouts;
    }

    Retries retries() {
        return retries;
    }

    Limits limits() {
        return limits;
    }

    Clock clock() {
        return clock;
    }

    Progress progress() {
        return progress;
    }

    Sleeper sleeper() {
        return sleeper;
    }

    long chunkBytes() {
        return chunkBytes;
    }

    @Override
    public String toString() {
        return "access to " + host;
    }
}
