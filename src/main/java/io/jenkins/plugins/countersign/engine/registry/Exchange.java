package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sends a request until there is an answer to read: logs in when asked to, follows where that is safe, repeats what may
 * succeed the next time.
 */
final class Exchange {

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MAX_REDIRECTS = 5;

    /** Whether redirections are followed. */
    enum Follow {
        NOWHERE,
        SAFELY
    }

    /** Takes what is wanted from an answer of any status. An {@link IOException} of the connection lets it be repeated. */
    @FunctionalInterface
    interface Reader<T> {
        T read(Answer answer) throws IOException;
    }

    private final RegistryAccess access;
    private final URI registry;
    private final RegistryConnection connection;
    private final Authorization authorizationOrNull;

    Exchange(RegistryAccess access, RegistryConnection connection, Authorization authorizationOrNull) {
        this.access = access;
        this.registry = RegistryAddress.of(access);
        this.connection = connection;
        this.authorizationOrNull = authorizationOrNull;
    }

    /** An answer that the reader answers itself stays open; any other is closed. */
    <T> T call(Request request, Follow follow, Reader<T> reader) throws RegistryException {
        Repetition repetition = new Repetition(access, request.action());
        while (true) {
            repetition.check();
            Failure failure;
            try {
                Answer answer = once(request, follow);
                boolean keep = false;
                try {
                    Optional<Failure> transientFailure = Failure.of(answer, access.clock());
                    if (transientFailure.isEmpty()) {
                        T result = reader.read(answer);
                        keep = result == answer;
                        return result;
                    }
                    failure = transientFailure.get();
                } finally {
                    if (!keep) {
                        answer.close();
                    }
                }
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                failure = Failure.of(e, request.action(), request.uri().getAuthority());
            }
            repetition.pauseAfter(failure);
        }
    }

    /** One attempt, including a login and redirections. Statuses 401 and 403 of the registry are exceptions. */
    Answer once(Request request, Follow follow) throws IOException {
        Request current = request;
        boolean left = false;
        for (int redirects = 0; ; redirects++) {
            boolean atRegistry = !left && RegistryAddress.sameOrigin(current.uri(), registry);
            Answer answer = atRegistry && authorizationOrNull != null ? loggedIn(current) : anonymous(current);
            if (follow == Follow.NOWHERE || !REDIRECTS.contains(answer.status())) {
                return answer;
            }
            answer.close();
            if (redirects == MAX_REDIRECTS) {
                throw new RedirectRefusedException("tried to " + request.action()
                        + ", but the registry redirected more than " + MAX_REDIRECTS + " times, at last to "
                        + RegistryErrors.clean(answer.header("Location").orElse("nowhere")));
            }
            current = current.at(target(answer, "redirects"));
            // once the registry was left, coming back does not bring the login back
            left |= !RegistryAddress.sameOrigin(current.uri(), registry);
        }
    }

    private Answer loggedIn(Request request) throws IOException {
        for (int refusals = 0; ; refusals++) {
            Map<String, String> login = authorizationOrNull.headers(request.scopes());
            Answer answer = atRegistry(request, login);
            if (answer.status() == 403) {
                try (answer) {
                    throw new ForbiddenException("tried to " + request.action() + ", but it is not allowed: "
                            + RegistryErrors.describe(answer));
                }
            }
            if (answer.status() != 401) {
                return answer;
            }
            try (answer) {
                if (refusals == 2) {
                    throw new UnauthorizedException("tried to " + request.action() + ", but " + access.host()
                            + " refused the login: " + RegistryErrors.describe(answer));
                }
                authorizationOrNull.refused(answer, login);
            }
        }
    }

    private Answer anonymous(Request request) throws IOException {
        return RegistryAddress.sameOrigin(request.uri(), registry)
                ? atRegistry(request, Map.of())
                : connection.elsewhere().send(request, Map.of());
    }

    private Answer atRegistry(Request request, Map<String, String> headers) throws IOException {
        try {
            return connection.registry().send(request, headers);
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            Optional<String> alert = ClientCertificate.refusal(e);
            if (alert.isEmpty()) {
                throw e;
            }
            List<ClientCertificate> shown = access.clientCertificates();
            throw new UnauthorizedException(
                    "tried to " + request.action() + ", but " + access.host()
                            + (shown.isEmpty()
                                    ? " wants a client certificate, and none was given for it"
                                    : " did not take the client certificate "
                                            + shown.stream()
                                                    .map(ClientCertificate::describe)
                                                    .collect(Collectors.joining(" or "))
                                            + ": it has to be one of an authority that the registry knows, and of today")
                            + " (TLS alert " + alert.get() + ")",
                    e);
        }
    }

    /**
     * Where an answer's {@code Location} leads, if that may be followed: never from https to http, and never to an address
     * with a user in it.
     */
    URI target(Answer answer, String verb) throws RegistryException {
        String location = answer.header("Location")
                .orElseThrow(() -> new UnexpectedAnswerException(
                        "tried to " + answer.request().action() + ", but the answer with status " + answer.status()
                                + " has no Location"));
        URI uri;
        try {
            uri = answer.uri().resolve(new URI(location));
        } catch (URISyntaxException e) {
            throw refused(answer, verb, location, "which is no address");
        }
        if (uri.getHost() == null || uri.getUserInfo() != null) {
            throw refused(answer, verb, location, "which is no address of a registry");
        }
        String scheme = String.valueOf(uri.getScheme());
        if (!scheme.equalsIgnoreCase("https")
                && !(scheme.equalsIgnoreCase("http") && answer.uri().getScheme().equalsIgnoreCase("http"))) {
            throw refused(
                    answer,
                    verb,
                    location,
                    "where nothing is encrypted. A registry behind a proxy has to be told its outer scheme (X-Forwarded-Proto)");
        }
        return uri;
    }

    private RedirectRefusedException refused(Answer answer, String verb, String location, String why) {
        return new RedirectRefusedException("tried to " + answer.request().action() + ", but " + access.host() + " "
                + verb + " to " + RegistryErrors.clean(location) + ", " + why);
    }
}
