package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.Serializable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The machine that the token is plugged into, as its administrator describes it. Nothing here may come from a job.
 *
 * @param libraries absolute paths of the PKCS#11 libraries that may be loaded, compared literally
 * @param environment added to the helper's environment, for instance {@code SOFTHSM2_CONF}
 * @param lockFolder where the locks of this machine's tokens lie; null for a folder of this user's in the temporary folder
 * @param lockWait how long to wait for another build that uses the token
 * @param answerWait how long the token may take for one signature, a touch included
 */
public record TokenHost(
        List<String> libraries,
        Map<String, String> environment,
        String lockFolder,
        Duration lockWait,
        Duration answerWait)
        implements Serializable {

    private static final Duration LOCK_WAIT = Duration.ofMinutes(5);
    private static final Duration ANSWER_WAIT = Duration.ofSeconds(90);

    public TokenHost {
        libraries = List.copyOf(libraries);
        environment = Map.copyOf(environment);
    }

    public TokenHost(List<String> libraries) {
        this(libraries, Map.of(), null, LOCK_WAIT, ANSWER_WAIT);
    }

    /**
     * The library that may be loaded.
     *
     * @param library an absolute path; null for the only one on the list
     * @throws KeyException if it is not on the list
     */
    public String requireAllowed(String library) throws KeyException {
        if (libraries.isEmpty()) {
            throw new KeyException(
                    Reason.LIBRARY_NOT_ALLOWED,
                    "no PKCS#11 library is allowed on this machine; an administrator lists them");
        }
        if (library == null) {
            if (libraries.size() > 1) {
                throw new KeyException(
                        Reason.AMBIGUOUS, "several PKCS#11 libraries are allowed here, name one of " + libraries);
            }
            return requireAbsolute(libraries.get(0));
        }
        if (!libraries.contains(library)) {
            throw new KeyException(
                    Reason.LIBRARY_NOT_ALLOWED,
                    "the PKCS#11 library " + shown(library) + " is not on this machine's list " + libraries);
        }
        return requireAbsolute(library);
    }

    private static String requireAbsolute(String library) throws KeyException {
        try {
            Path path = Path.of(library);
            if (path.isAbsolute() && path.normalize().equals(path)) {
                return library;
            }
        } catch (InvalidPathException e) {
            throw new KeyException(Reason.LIBRARY_NOT_ALLOWED, "not a path: " + shown(library), e);
        }
        throw new KeyException(
                Reason.LIBRARY_NOT_ALLOWED,
                "the path of a PKCS#11 library must be absolute and plain: " + shown(library));
    }

    Path locks() {
        return lockFolder != null
                ? Path.of(lockFolder)
                : Path.of(
                        System.getProperty("java.io.tmpdir"), "countersign-tokens-" + System.getProperty("user.name"));
    }

    private static String shown(String text) {
        return "\"" + (text.length() <= 200 ? text : text.substring(0, 200) + "…") + "\"";
    }
}
