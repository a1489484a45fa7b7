package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.util.Optional;

/**
 * What a registry answered when it was only asked who it is.
 *
 * @param encryption how it was reached
 * @param login whether it asked for a login; one that it refused is an exception
 * @param referrers whether it lists what is attached to an image
 * @param referrersUnknownBecause the reason of {@link Referrers#UNKNOWN}; else empty
 */
public record ConnectionReport(
        Encryption encryption, LoginAnswer login, Referrers referrers, String referrersUnknownBecause) {

    public enum Encryption {
        VERIFIED,
        UNVERIFIED,
        NONE
    }

    public enum LoginAnswer {
        /** It asked for a login and took the one it got, or the anonymous token that everybody gets. */
        TAKEN,
        NOT_ASKED_FOR
    }

    public enum Referrers {
        LISTED_BY_THE_REGISTRY,
        /** The list is kept under a tag instead. */
        NOT_LISTED,
        UNKNOWN
    }

    /** No repository is called so; registries answer for those that are not there, too. */
    private static final String NOBODYS_REPOSITORY = "countersign/connection-test";

    static ConnectionReport of(RegistryAccess access) throws RegistryException {
        access.ping();
        RegistryConnection connection = access.connection();
        Encryption encryption = access.plainHttp()
                ? Encryption.NONE
                : access.unverifiedTls() ? Encryption.UNVERIFIED : Encryption.VERIFIED;
        LoginAnswer login = connection.wantsLogin() ? LoginAnswer.TAKEN : LoginAnswer.NOT_ASKED_FOR;
        ImageReference repository = ImageReference.parse(access.host() + "/" + NOBODYS_REPOSITORY);
        try {
            Optional<?> listed = new ReferrerList(
                            new RepositoryPath(access, repository.registry(), repository.repository()),
                            Digest.of(new byte[0]))
                    .from(connection.exchange());
            return new ConnectionReport(
                    encryption,
                    login,
                    listed.isPresent() ? Referrers.LISTED_BY_THE_REGISTRY : Referrers.NOT_LISTED,
                    "");
        } catch (RegistryException e) {
            return new ConnectionReport(encryption, login, Referrers.UNKNOWN, e.getMessage());
        }
    }
}
