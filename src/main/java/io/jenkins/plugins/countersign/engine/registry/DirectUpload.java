package io.jenkins.plugins.countersign.engine.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Sends one request with a large body over a connection of its own, written as it is read, by the calling thread.
 *
 * <p>Why not the JDK's client, which sends all else: for each piece of a body it goes through a selector and two tasks, which
 * cost a third more processor time for a push (bench/registry-results.md); and an answer
 * that comes before the body is through, as that of a proxy to a request that is too large, is lost in it. Only where no
 * proxy is in between. Blocking, on a channel, because then an interruption closes it.
 */
final class DirectUpload {

    private static final int BUFFER = 128 << 10;
    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_BODY = 64 << 10;
    private static final ScheduledThreadPoolExecutor WATCH = watch();

    private final SSLContext tls;
    private final Timeouts timeouts;
    private final Request request;
    private final Map<String, String> headers;
    private volatile long lastMoved = System.nanoTime();
    private volatile boolean stalled;

    DirectUpload(SSLContext tls, Timeouts timeouts, Request request, Map<String, String> headers) {
        this.tls = tls;
        this.timeouts = timeouts;
        this.request = request;
        this.headers = headers;
    }

    private static ScheduledThreadPoolExecutor watch() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "countersign watches uploads");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setKeepAliveTime(10, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    Answer send() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            long period = Math.max(1, timeouts.stall().toMillis() / 4);
            ScheduledFuture<?> watching =
                    WATCH.scheduleWithFixedDelay(() -> check(channel), period, period, TimeUnit.MILLISECONDS);
            try {
                return exchange(connect(channel));
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new CancelledException("cancelled while trying to " + request.action(), e);
                }
                throw stalled
                        ? new IOException(
                                "nothing moved for " + timeouts.stall().toMillis() + " ms", e)
                        : e;
            } finally {
                watching.cancel(false);
            }
        }
    }

    private void check(SocketChannel channel) {
        if (System.nanoTime() - lastMoved > timeouts.stall().toNanos()) {
            stalled = true;
            try {
                channel.close();
            } catch (IOException e) {
                // it was to be given up
            }
        }
    }

    private Socket connect(SocketChannel channel) throws IOException {
        URI uri = request.uri();
        boolean secure = uri.getScheme().equalsIgnoreCase("https");
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException(host);
        }
        Socket socket = channel.socket();
        try {
            socket.connect(address, (int) timeouts.connect().toMillis());
        } catch (IOException e) {
            ConnectException failed = new ConnectException(e.getMessage());
            failed.initCause(e);
            throw failed;
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) timeouts.stall().toMillis());
        if (!secure) {
            return socket;
        }
        SSLSocket encrypted = (SSLSocket) tls.getSocketFactory().createSocket(socket, host, port, true);
        SSLParameters parameters = encrypted.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        encrypted.setSSLParameters(parameters);
        encrypted.startHandshake();
        return encrypted;
    }

    private Answer exchange(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        IOException broken = null;
        try (InputStream content = open()) {
            out.write(head());
            byte[] buffer = new byte[BUFFER];
            long left = request.bodyOrNull().length();
            while (left > 0) {
                int read = read(content, buffer, (int) Math.min(buffer.length, left));
                out.write(buffer, 0, read);
                left -= read;
                lastMoved = System.nanoTime();
            }
            out.flush();
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            if (stalled || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            broken = e; // perhaps there is an answer that says why
        }
        try {
            return answer(new BufferedInputStream(socket.getInputStream()));
        } catch (IOException e) {
            throw broken == null ? e : broken;
        }
    }

    private InputStream open() throws RegistryException {
        try {
            return request.bodyOrNull().open();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private int read(InputStream content, byte[] buffer, int length) throws RegistryException {
        try {
            int read = content.read(buffer, 0, length);
            if (read < 0) {
                throw new IOException("it ended before its announced size");
            }
            return read;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private RegistryException unreadable(IOException e) {
        if (e instanceof RegistryException already) {
            return already;
        }
        if (Thread.currentThread().isInterrupted()) {
            return new CancelledException("cancelled while trying to " + request.action(), e);
        }
        return new RegistryException("tried to " + request.action() + ", but the content cannot be read: " + e, e);
    }

    private byte[] head() throws RegistryException {
        URI uri = request.uri();
        StringBuilder head = new StringBuilder(request.method())
                .append(' ')
                .append(uri.getRawPath())
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\n");
        Map<String, String> all = new LinkedHashMap<>();
        all.put("Host", uri.getRawAuthority());
        all.put("Content-Length", Long.toString(request.bodyOrNull().length()));
        all.put("Connection", "close");
        all.putAll(headers);
        for (Map.Entry<String, String> header : all.entrySet()) {
            String line = header.getKey() + ": " + header.getValue();
            if (!line.chars().allMatch(c -> c >= ' ' && c < 127)) {
                throw new RegistryException("tried to " + request.action() + ", but the header " + header.getKey()
                        + " would have characters that are not allowed there");
            }
            head.append(line).append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private Answer answer(InputStream in) throws IOException {
        int budget = MAX_HEAD;
        while (true) {
            String status = line(in, budget);
            lastMoved = System.nanoTime();
            if (!status.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
                throw new IOException("the answer is not one of HTTP/1.1");
            }
            int code = Integer.parseInt(status.substring(9, 12));
            Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (String line = line(in, budget); !line.isEmpty(); line = line(in, budget)) {
                budget -= line.length();
                int colon = line.indexOf(':');
                if (colon < 1) {
                    throw new IOException("the answer has a header that is none");
                }
                fields.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), ignored -> new ArrayList<>())
                        .add(line.substring(colon + 1).trim());
            }
            if (code >= 200) {
                HttpHeaders answered = HttpHeaders.of(fields, (name, value) -> true);
                return new Answer(request, request.uri(), code, answered, body(in, answered));
            }
        }
    }

    /** What there is of it, in which errors are told; a successful answer to an upload has none. */
    private static InputStream body(InputStream in, HttpHeaders headers) {
        long length = headers.firstValueAsLong("content-length").orElse(MAX_BODY);
        try {
            return new ByteArrayInputStream(in.readNBytes((int) Math.max(0, Math.min(length, MAX_BODY))));
        } catch (IOException e) {
            return InputStream.nullInputStream();
        }
    }

    private static String line(InputStream in, int budget) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection was closed before an answer came");
            }
            if (line.length() >= budget) {
                throw new IOException("the answer's headers have no end");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** Whether the body is worth a connection. */
    static boolean suits(Request request) {
        return request.bodyOrNull() != null && request.bodyOrNull().length() > 2 * BUFFER;
    }
}
