package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What is sent. Opened again when the request is repeated. */
interface RequestBody {

    RequestBody EMPTY = of(new byte[0]);

    long length();

    InputStream open() throws IOException;

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
