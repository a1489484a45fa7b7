package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An answer's body as a stream. Unlike the JDK's own, a read ends with an exception when nothing comes for a while, and is
 * cancelled by interruption. Holds one piece of the transport's at a time, however fast the registry is.
 */
final class BodyStream extends InputStream implements BodySubscriber<InputStream> {

    private static final int DRAINED_FOR_REUSE = 64 << 10;
    private static final Duration DRAINED_WITHIN = Duration.ofSeconds(1);

    private record Piece(List<ByteBuffer> buffers, Throwable failure) {}

    private final BlockingQueue<Piece> arrived = new LinkedBlockingQueue<>();
    private final Deque<ByteBuffer> current = new ArrayDeque<>();
    private final String action;
    private Duration stall;
    private volatile Flow.Subscription subscription;
    private boolean ended;

    BodyStream(String action, Duration stall) {
        this.action = action;
        this.stall = stall;
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription some) {
        subscription = some;
        some.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
        arrived.add(new Piece(item, null));
    }

    @Override
    public void onError(Throwable failure) {
        arrived.add(new Piece(List.of(), failure));
    }

    @Override
    public void onComplete() {
        arrived.add(new Piece(List.of(), null));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (current.isEmpty()) {
            if (ended) {
                return -1;
            }
            next();
        }
        ByteBuffer first = current.peek();
        int read = Math.min(length, first.remaining());
        first.get(buffer, offset, read);
        if (!first.hasRemaining()) {
            current.remove();
        }
        return read;
    }

    private void next() throws IOException {
        Piece piece;
        try {
            piece = arrived.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancel();
            throw new CancelledException("cancelled while trying to " + action, e);
        }
        if (piece == null) {
            cancel();
            throw new IOException("nothing came for " + stall.toSeconds() + " s");
        }
        if (piece.failure() != null) {
            ended = true;
            throw piece.failure() instanceof IOException io
                    ? new IOException(io.getMessage(), io)
                    : new IOException(piece.failure());
        }
        if (piece.buffers().isEmpty()) {
            ended = true;
            return;
        }
        piece.buffers().stream().filter(ByteBuffer::hasRemaining).forEach(current::add);
        subscription.request(1);
    }

    private void cancel() {
        ended = true;
        current.clear();
        Flow.Subscription some = subscription;
        if (some != null) {
            some.cancel();
        }
    }

    /** Reads a short rest, because the connection can be used again only at the body's end; gives a long one up. */
    @Override
    public void close() {
        if (ended) {
            return;
        }
        stall = DRAINED_WITHIN;
        try {
            readNBytes(DRAINED_FOR_REUSE);
        } catch (IOException e) {
            // given up below
        }
        if (!ended) {
            cancel();
        }
    }
}
