package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * Sends requests, each once: follows nothing, repeats nothing that may have arrived, logs in nowhere. Connections that nobody
 * uses are kept a while for the next request, then closed.
 */
final class HttpConnections {

    static final ScheduledThreadPoolExecutor WATCH = watch();

    private static final String USER_AGENT = "countersign";
    private static final Duration KEPT = Duration.ofSeconds(15);
    private static final int KEPT_PER_ORIGIN = 16;

    private final SSLContext tls;
    private final ProxySource proxies;
    private final Timeouts timeouts;
    private final Map<String, Deque<HttpConnection>> idle = new HashMap<>();

    /** @param tls null where plain HTTP alone is spoken: to set it up takes longer than most requests */
    HttpConnections(SSLContext tls, ProxySource proxies, Timeouts timeouts) {
        this.tls = tls;
        this.proxies = proxies;
        this.timeouts = timeouts;
    }

    private static ScheduledThreadPoolExecutor watch() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "countersign watches connections");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setKeepAliveTime(10, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /**
     * @throws CancelledException if the thread is interrupted
     * @throws RegistryException if the content to be sent cannot be read, or a proxy refuses
     * @throws IOException if the connection breaks or nothing moves for too long
     */
    Answer send(Request request, Map<String, String> moreHeaders) throws IOException {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("User-Agent", USER_AGENT));
        headers.putAll(request.headers());
        headers.putAll(moreHeaders);
        String origin = request.uri().getScheme() + "://" + request.uri().getRawAuthority();
        HttpConnection kept = kept(origin);
        if (kept != null) {
            try {
                return kept.exchange(request, headers);
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                // it may have been closed by the other side at this very moment: then that is no failure of the
                // registry
                if (kept.answerBegan() || !mayGoTwice(request)) {
                    throw e;
                }
            }
        }
        HttpProxy proxy = proxies.proxyFor(request.uri()).orElse(null);
        return HttpConnection.open(
                        request.uri(), request.action(), proxy, tls, timeouts, connection -> keep(origin, connection))
                .exchange(request, headers);
    }

    private static boolean mayGoTwice(Request request) {
        return !request.method().equals("PATCH")
                && (request.bodyOrNull() == null || request.bodyOrNull().length() <= HttpConnection.SMALL);
    }

    private HttpConnection kept(String origin) {
        while (true) {
            HttpConnection newest;
            synchronized (this) {
                Deque<HttpConnection> some = idle.get(origin);
                newest = some == null ? null : some.pollLast();
            }
            if (newest == null || newest.isUsable()) {
                return newest;
            }
            newest.close();
        }
    }

    private void keep(String origin, HttpConnection connection) {
        synchronized (this) {
            Deque<HttpConnection> some = idle.computeIfAbsent(origin, ignored -> new ArrayDeque<>());
            if (some.size() < KEPT_PER_ORIGIN) {
                some.addLast(connection);
                WATCH.schedule(() -> giveUp(origin, connection), KEPT.toMillis(), TimeUnit.MILLISECONDS);
                return;
            }
        }
        connection.close();
    }

    private void giveUp(String origin, HttpConnection connection) {
        synchronized (this) {
            if (!idle.getOrDefault(origin, new ArrayDeque<>()).removeFirstOccurrence(connection)) {
                return;
            }
        }
        connection.close();
    }
}
