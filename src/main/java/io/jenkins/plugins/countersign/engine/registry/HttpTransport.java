package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/** Sends one request once. Follows nothing, repeats nothing, logs in nowhere. */
final class HttpTransport {

    private static final String USER_AGENT = "countersign";

    private final HttpConnections direct;
    private final SSLContext tls;
    private final ProxySelector proxy;
    private final Timeouts timeouts;
    private HttpClient throughProxy;

    /** @param tls null where plain HTTP alone is spoken: to set it up takes longer than most requests */
    HttpTransport(SSLContext tls, ProxySelector proxy, Timeouts timeouts) {
        this.direct = new HttpConnections(tls, timeouts);
        this.tls = tls;
        this.proxy = proxy;
        this.timeouts = timeouts;
    }

    /**
     * @throws CancelledException if the thread is interrupted
     * @throws RegistryException if the content to be sent cannot be read
     * @throws IOException if the connection breaks or nothing moves for too long
     */
    Answer send(Request request, Map<String, String> moreHeaders) throws IOException {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("User-Agent", USER_AGENT));
        headers.putAll(request.headers());
        headers.putAll(moreHeaders);
        if (isDirect(request.uri())) {
            return direct.send(request, headers);
        }
        HttpRequest.Builder builder = HttpRequest.newBuilder(request.uri());
        headers.forEach(builder::setHeader);
        BodyUpload upload = null;
        if (request.bodyOrNull() == null || request.bodyOrNull().length() == 0) {
            builder.method(request.method(), BodyPublishers.noBody());
        } else {
            upload = new BodyUpload(request.bodyOrNull());
            builder.method(request.method(), upload);
        }
        CompletableFuture<HttpResponse<InputStream>> sent =
                throughProxy().sendAsync(builder.build(), info -> new BodyStream(request.action(), timeouts.stall()));
        HttpResponse<InputStream> response = await(request, sent, upload);
        return new Answer(request, request.uri(), response.statusCode(), response.headers(), response.body());
    }

    private synchronized HttpClient throughProxy() {
        if (throughProxy == null) {
            HttpClient.Builder builder = HttpClient.newBuilder()
                    // one connection for each transfer: HTTP/2 would share one window among all layers
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(timeouts.connect())
                    .proxy(proxy);
            if (tls != null) {
                builder.sslContext(tls);
            }
            throughProxy = builder.build();
        }
        return throughProxy;
    }

    private boolean isDirect(URI uri) {
        return proxy == null || proxy.select(uri).stream().allMatch(some -> some.type() == Proxy.Type.DIRECT);
    }

    private HttpResponse<InputStream> await(
            Request request, CompletableFuture<HttpResponse<InputStream>> sent, BodyUpload upload) throws IOException {
        long started = System.nanoTime();
        while (true) {
            long lastMoved = upload == null ? started : Math.max(started, upload.lastMoved());
            long left = timeouts.stall().toNanos() - (System.nanoTime() - lastMoved);
            if (left <= 0) {
                sent.cancel(true);
                throw new IOException("nothing moved for " + seconds(timeouts.stall()) + " s");
            }
            try {
                return sent.get(left, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // something may have moved meanwhile
            } catch (InterruptedException e) {
                sent.cancel(true);
                Thread.currentThread().interrupt();
                throw new CancelledException("cancelled while trying to " + request.action(), e);
            } catch (ExecutionException e) {
                IOException source = upload == null ? null : upload.sourceFailureOrNull();
                if (source instanceof RegistryException already) {
                    throw already;
                }
                if (source != null) {
                    throw new RegistryException(
                            "tried to " + request.action() + ", but the content cannot be read: " + source, source);
                }
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            }
        }
    }

    private static long seconds(Duration duration) {
        return duration.toSeconds();
    }
}
