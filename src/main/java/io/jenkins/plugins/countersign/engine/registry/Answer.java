package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;

/**
 * What came back. Its body has to be read or closed.
 *
 * @param uri where it came from at last, after redirections
 */
record Answer(Request request, URI uri, int status, HttpHeaders headers, InputStream body) implements AutoCloseable {

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** The media type without its parameters, lower case; empty when there is none. */
    String contentType() {
        String value = header("Content-Type").orElse("");
        int semicolon = value.indexOf(';');
        return (semicolon < 0 ? value : value.substring(0, semicolon)).trim().toLowerCase(Locale.ROOT);
    }

    /** @return -1 when it is not said */
    long contentLength() throws UnexpectedAnswerException {
        String value = header("Content-Length").orElse("-1");
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new UnexpectedAnswerException(
                    "tried to " + request.action() + ", but the answer has a Content-Length that is no number");
        }
    }

    /** The whole body, which must not be longer than {@code limit}. */
    byte[] read(int limit) throws IOException {
        if (contentLength() > limit) {
            throw new LimitExceededException("tried to " + request.action() + ", but the answer has " + contentLength()
                    + " bytes, at most " + limit + " are accepted");
        }
        byte[] content = body.readNBytes(limit + 1);
        if (content.length > limit) {
            throw new LimitExceededException("tried to " + request.action() + ", but the answer has more than " + limit
                    + " bytes, at most " + limit + " are accepted");
        }
        return content;
    }

    /** An exception that tells status and what the registry said about it. */
    UnexpectedAnswerException unexpected(String expected) {
        return new UnexpectedAnswerException("tried to " + request.action() + ", expected " + expected
                + ", but the answer was " + RegistryErrors.describe(this));
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            // the connection is given up; nothing was wanted from it any more
        }
    }
}
