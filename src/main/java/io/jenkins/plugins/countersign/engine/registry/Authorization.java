package io.jenkins.plugins.countersign.engine.registry;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Logs in to one registry as it asks for: not at all, with user and password, or with a token of its token service. Source:
 * distribution, docs/spec/auth/token.md ("Docker Hub's way").
 */
final class Authorization {

    /** How the registry wants it, known after its first refusal. */
    private sealed interface Way {
        record Unknown() implements Way {}

        record Basic() implements Way {}

        record Bearer(URI realm, String service) implements Way {}
    }

    private record Token(String value, Instant goodUntil) {}

    private final RegistryAccess access;
    private final TokenService tokenService;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Set<String>, Token> tokens = new HashMap<>();
    private Way way = new Way.Unknown();
    private Optional<Login> login;

    Authorization(RegistryAccess access, TokenService tokenService) {
        this.access = access;
        this.tokenService = tokenService;
    }

    /** Whether the registry has asked for a login. */
    boolean isWanted() {
        lock.lock();
        try {
            return !(way instanceof Way.Unknown);
        } finally {
            lock.unlock();
        }
    }

    /** The header to send along, empty when nothing is known to be needed yet. */
    Map<String, String> headers(Set<String> scopes) throws RegistryException {
        lock();
        try {
            if (way instanceof Way.Basic) {
                return Map.of("Authorization", basic(login().orElseThrow(() -> noLogin())));
            }
            if (way instanceof Way.Bearer bearer) {
                return Map.of("Authorization", "Bearer " + token(bearer, scopes).value());
            }
            return Map.of();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Learns from a refusal.
     *
     * @param sent what {@link #headers} had answered for the refused request
     * @throws UnauthorizedException if there is nothing better to send
     */
    void refused(Answer answer, Map<String, String> sent) throws RegistryException {
        lock();
        try {
            Way wanted = wanted(answer);
            if (wanted instanceof Way.Basic && !sent.isEmpty() && way instanceof Way.Basic) {
                throw new UnauthorizedException("tried to " + answer.request().action() + ", but " + access.host()
                        + " refused the login of " + login().orElseThrow() + ": " + RegistryErrors.describe(answer));
            }
            way = wanted;
            if (way instanceof Way.Bearer) {
                Token held = tokens.get(answer.request().scopes());
                if (held != null && sent.getOrDefault("Authorization", "").equals("Bearer " + held.value())) {
                    tokens.remove(answer.request().scopes());
                }
            } else if (login().isEmpty()) {
                throw noLogin();
            }
        } finally {
            lock.unlock();
        }
    }

    private Way wanted(Answer answer) throws RegistryException {
        Challenge basic = null;
        for (String header : answer.headers().allValues("WWW-Authenticate")) {
            for (Challenge challenge : Challenge.parse(header)) {
                if (challenge.scheme().equals("bearer")) {
                    return new Way.Bearer(
                            TokenHosts.checked(challenge.parameter("realm"), access, answer.uri()),
                            challenge.parameter("service"));
                }
                if (challenge.scheme().equals("basic")) {
                    basic = challenge;
                }
            }
        }
        if (basic == null) {
            throw new UnauthorizedException("tried to " + answer.request().action() + ", but " + access.host()
                    + " refused it and offers no way to log in that is known here (Basic, Bearer): "
                    + RegistryErrors.describe(answer));
        }
        return new Way.Basic();
    }

    private Token token(Way.Bearer bearer, Set<String> scopes) throws RegistryException {
        Token held = tokens.get(scopes);
        if (held == null || !access.clock().instant().isBefore(held.goodUntil())) {
            boolean mayHaveLogin = TokenHosts.mayHaveLogin(bearer.realm(), access);
            Optional<Login> some = login();
            if (some.isPresent() && !mayHaveLogin) {
                throw new UnauthorizedException(
                        access.host() + " wants a token of " + bearer.realm().getHost()
                                + ", a host that the login of " + access.host()
                                + " is not meant for. If it is this registry's token service, name it as such in the registry's"
                                + " configuration.");
            }
            Instant asked = access.clock().instant();
            TokenService.Granted granted =
                    tokenService.fetch(bearer.realm(), bearer.service(), List.copyOf(new TreeSet<>(scopes)), some);
            // a little early, so that it does not expire on its way
            held = new Token(
                    granted.token(),
                    asked.plus(granted.lifetime().multipliedBy(4).dividedBy(5)));
            tokens.put(scopes, held);
        }
        return held;
    }

    private Optional<Login> login() throws RegistryException {
        if (login == null) {
            login = access.logins().loginFor(access.host());
        }
        return login;
    }

    private UnauthorizedException noLogin() {
        return new UnauthorizedException(
                access.host() + " wants a login, but none was given for it. Configure credentials for this registry.");
    }

    static String basic(Login login) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((login.user() + ":" + login.secret()).getBytes(StandardCharsets.UTF_8));
    }

    private void lock() throws CancelledException {
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("cancelled while waiting for a token of " + access.host(), e);
        }
    }
}
