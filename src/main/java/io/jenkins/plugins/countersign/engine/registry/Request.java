package io.jenkins.plugins.countersign.engine.registry;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * One HTTP request, before anybody logged in.
 *
 * @param action what it is for, in messages: "read manifest sha256:… of registry/repository"
 * @param headers without those of the transport
 * @param bodyOrNull null when there is none
 * @param scopes what a token has to allow. Source: distribution, docs/spec/auth/scope.md
 */
record Request(
        String action,
        String method,
        URI uri,
        Map<String, String> headers,
        RequestBody bodyOrNull,
        Set<String> scopes) {

    static Request get(String action, URI uri, Set<String> scopes) {
        return new Request(action, "GET", uri, Map.of(), null, scopes);
    }

    static Request head(String action, URI uri, Set<String> scopes) {
        return new Request(action, "HEAD", uri, Map.of(), null, scopes);
    }

    static Request post(String action, URI uri, Set<String> scopes) {
        return new Request(action, "POST", uri, Map.of(), RequestBody.EMPTY, scopes);
    }

    Request with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Request(action, method, uri, more, bodyOrNull, scopes);
    }

    Request at(URI other) {
        return new Request(action, method, other, headers, bodyOrNull, scopes);
    }

    boolean reads() {
        return method.equals("GET") || method.equals("HEAD");
    }
}
