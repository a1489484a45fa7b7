package io.jenkins.plugins.countersign.engine.registry;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code Link} to a list's next page, which must lie at the same registry. Source: RFC 8288. */
final class NextPage {

    private static final Pattern LINK = Pattern.compile("<([^<>]{1,4000})>[^,]*;\\s*rel=\"?next\"?");

    private NextPage() {}

    static Optional<URI> of(Answer answer) throws RegistryException {
        String header = answer.header("Link").orElse("");
        Matcher matcher = LINK.matcher(header);
        if (!matcher.find()) {
            return Optional.empty();
        }
        try {
            URI next = answer.uri().resolve(new URI(matcher.group(1)));
            if (next.getHost() != null && RegistryAddress.sameOrigin(next, answer.uri())) {
                return Optional.of(next);
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw new RedirectRefusedException("tried to " + answer.request().action()
                + ", but its next page is said to be elsewhere: " + RegistryErrors.clean(header));
    }
}
