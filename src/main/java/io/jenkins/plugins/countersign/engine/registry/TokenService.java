package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Asks a registry's token service for a token. Sources: distribution, docs/spec/auth/token.md and oauth.md; the lifetime of
 * a token that names none is 60 s there.
 */
final class TokenService {

    private static final int MAX_BYTES = 1 << 20;
    private static final long DEFAULT_SECONDS = 60;
    private static final long MAX_SECONDS = 24 * 3600;

    record Granted(String token, Duration lifetime) {}

    private final Exchange exchange;
    private final RegistryAccess access;

    TokenService(Exchange exchange, RegistryAccess access) {
        this.exchange = exchange;
        this.access = access;
    }

    Granted fetch(URI realm, String service, List<String> scopes, Optional<Login> login) throws RegistryException {
        String action = "get a token of " + realm.getHost() + " for " + access.host();
        boolean exchangesIdentityToken = login.isPresent() && login.get().identityToken();
        Request request = exchangesIdentityToken
                ? oauth(action, realm, service, scopes, login.get())
                : get(action, realm, service, scopes, login);
        return exchange.call(request, Exchange.Follow.NOWHERE, answer -> {
            if (answer.status() == 401 || answer.status() == 403) {
                throw new UnauthorizedException("tried to " + action + " with "
                        + login.map(Login::toString).orElse("no login") + ", but it was refused: "
                        + RegistryErrors.describe(answer));
            }
            if (answer.status() != 200) {
                throw answer.unexpected("status 200");
            }
            return granted(RegistryJson.read(answer.read(MAX_BYTES), "token answer of " + realm.getHost()), action);
        });
    }

    private static Granted granted(ObjectNode json, String action) throws UnexpectedAnswerException {
        String token = json.path("token").asText(json.path("access_token").asText(""));
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new UnexpectedAnswerException("tried to " + action + ", but the answer has no usable token");
        }
        long seconds = Math.min(
                MAX_SECONDS, Math.max(DEFAULT_SECONDS, json.path("expires_in").asLong(DEFAULT_SECONDS)));
        return new Granted(token, Duration.ofSeconds(seconds));
    }

    private static Request get(String action, URI realm, String service, List<String> scopes, Optional<Login> login) {
        StringBuilder query = new StringBuilder(realm.getRawQuery() == null ? "" : realm.getRawQuery() + "&");
        query.append("service=").append(encode(service));
        scopes.forEach(scope -> query.append("&scope=").append(encode(scope)));
        login.ifPresent(some -> query.append("&account=").append(encode(some.user())));
        String base = realm.toString();
        int end = base.indexOf('?') < 0 ? base.length() : base.indexOf('?');
        Request request = Request.get(action, URI.create(base.substring(0, end) + "?" + query), Set.of());
        return login.map(some -> request.with("Authorization", Authorization.basic(some)))
                .orElse(request);
    }

    private static Request oauth(String action, URI realm, String service, List<String> scopes, Login login) {
        String form = "grant_type=refresh_token&client_id=countersign&service=" + encode(service) + "&scope="
                + encode(String.join(" ", scopes)) + "&refresh_token=" + encode(login.secret());
        return new Request(
                action,
                "POST",
                realm,
                Map.of("Content-Type", "application/x-www-form-urlencoded"),
                RequestBody.of(form.getBytes(StandardCharsets.UTF_8)),
                Set.of());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
