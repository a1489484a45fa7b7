package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;

/**
 * {@code GET /v2/<name>/blobs/<digest>} as one stream, which goes on where it was when the connection breaks. Not verified;
 * never longer than announced by more than what is needed to notice it.
 */
final class BlobPull extends InputStream {

    private final RepositoryPath path;
    private final Exchange exchange;
    private final Descriptor blob;
    private final Repetition repetition;
    private long position;
    private Answer current;

    BlobPull(RepositoryPath path, Exchange exchange, Descriptor blob, long offset) throws RegistryException {
        this.path = path;
        this.exchange = exchange;
        this.blob = blob;
        this.position = offset;
        this.repetition = new Repetition(path.access(), action());
        this.current = open();
    }

    private String action() {
        return "read blob " + blob.digest() + " of " + path.name();
    }

    private Answer open() throws RegistryException {
        Request request = Request.get(action(), path.resolve("/blobs/" + blob.digest()), path.pull());
        Request ranged = position == 0 ? request : request.with("Range", "bytes=" + position + "-");
        Answer answer = exchange.call(ranged, Exchange.Follow.SAFELY, this::checked);
        if (answer.status() == 200 && position > 0) {
            try {
                answer.body().skipNBytes(position);
            } catch (IOException e) {
                answer.close();
                throw Failure.of(e, action(), answer.uri().getAuthority()).asException(action(), 1);
            }
        }
        return answer;
    }

    private Answer checked(Answer answer) throws IOException {
        if (NotFound.isClear(answer)) {
            throw new NotFoundException("there is no blob " + blob.digest() + " in " + path.name());
        }
        if (answer.status() == 206 && position > 0) {
            String range = answer.header("Content-Range").orElse("");
            if (!range.startsWith("bytes " + position + "-")) {
                throw answer.unexpected(
                        "the range from byte " + position + " on, not \"" + RegistryErrors.clean(range) + "\"");
            }
            return answer;
        }
        if (answer.status() != 200) {
            throw answer.unexpected("a blob");
        }
        long length = answer.contentLength();
        if (length >= 0 && length != blob.size()) {
            throw new SizeMismatchException("blob " + blob.digest() + " of " + path.name(), blob.size(), "" + length);
        }
        return answer;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        while (true) {
            repetition.check();
            try {
                if (current == null) {
                    current = open();
                }
                int read = current.body().read(buffer, offset, length);
                if (read < 0 && position < blob.size()) {
                    throw new IOException("the answer ended after " + position + " of " + blob.size() + " bytes");
                }
                if (read > 0) {
                    position += read;
                    repetition.advanced();
                }
                return read;
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                close();
                repetition.pauseAfter(Failure.of(e, action(), path.host()));
            }
        }
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
