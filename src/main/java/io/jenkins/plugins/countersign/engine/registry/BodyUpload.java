package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request's body on its way: reads only as fast as the connection takes it, one buffer at a time. */
final class BodyUpload implements BodyPublisher {

    private static final int BUFFER = 64 << 10;

    private final RequestBody body;
    private volatile long lastMoved = System.nanoTime();
    private volatile IOException sourceFailure;

    BodyUpload(RequestBody body) {
        this.body = body;
    }

    @Override
    public long contentLength() {
        return body.length();
    }

    /** When a piece was last asked for, as {@link System#nanoTime}. */
    long lastMoved() {
        return lastMoved;
    }

    /** Why the content could not be read; null when the connection is to blame. */
    IOException sourceFailureOrNull() {
        return sourceFailure;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        subscriber.onSubscribe(new Pull(subscriber));
    }

    private final class Pull implements Flow.Subscription {

        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final AtomicBoolean ended = new AtomicBoolean();
        private InputStream in;
        private long left = body.length();
        private long demand;
        private boolean running;

        Pull(Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            lastMoved = System.nanoTime();
            synchronized (this) {
                demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                if (running) {
                    return; // the subscriber asked from within onNext; the loop below goes on
                }
                running = true;
            }
            pump();
        }

        private void pump() {
            while (true) {
                synchronized (this) {
                    if (demand == 0 || ended.get()) {
                        running = false;
                        return;
                    }
                    demand--;
                }
                try {
                    if (in == null) {
                        in = body.open();
                    }
                    byte[] piece = new byte[(int) Math.min(BUFFER, left)];
                    int read = in.read(piece, 0, piece.length);
                    if (read < 0) {
                        throw new IOException("the content ended " + left + " bytes before its announced size");
                    }
                    left -= read;
                    boolean last = left == 0;
                    if (last) {
                        close();
                    }
                    subscriber.onNext(ByteBuffer.wrap(piece, 0, read));
                    if (last && ended.compareAndSet(false, true)) {
                        subscriber.onComplete();
                    }
                } catch (IOException e) {
                    sourceFailure = e;
                    close();
                    if (ended.compareAndSet(false, true)) {
                        subscriber.onError(e);
                    }
                }
            }
        }

        private void close() {
            if (in != null) {
                try {
                    in.close();
                } catch (IOException e) {
                    sourceFailure = e;
                }
            }
        }

        @Override
        public void cancel() {
            if (ended.compareAndSet(false, true)) {
                close();
            }
        }
    }
}
