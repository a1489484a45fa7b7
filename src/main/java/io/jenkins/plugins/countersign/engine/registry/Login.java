package io.jenkins.plugins.countersign.engine.registry;

/**
 * What proves to a registry who asks. {@link #toString} shows no secret.
 *
 * @param user empty with an identity token
 * @param secret the password; or the identity token, which is exchanged for an access token (OAuth 2 refresh token)
 * @param identityToken whether {@code secret} is an identity token
 */
public record Login(String user, String secret, boolean identityToken) {

    public static Login password(String user, String password) {
        return new Login(user, password, false);
    }

    public static Login identityToken(String token) {
        return new Login("", token, true);
    }

    @Override
    public String toString() {
        return identityToken ? "identity token" : "user " + user;
    }
}
