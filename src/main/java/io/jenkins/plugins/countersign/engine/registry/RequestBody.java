package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** What is sent. Opened again when the request is repeated. */
interface RequestBody {

    RequestBody EMPTY = of(new byte[0]);

    long length();

    InputStream open() throws IOException;

    /** Where it lies on disk as it is; empty if it has to be read. */
    default Optional<FileRange> file() {
        return Optional.empty();
    }

    /** Is told how many bytes of the file have left. */
    default void sent(long count) {}

    static RequestBody of(byte[] content) {
        return new RequestBody() {
            @Override
            public long length() {
                return content.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(content);
            }
        };
    }
}
