package io.jenkins.plugins.countersign.engine.registry;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * One connection, on which one request after the other is written and answered by the calling thread. Source: RFC 9112
 * (HTTP/1.1).
 *
 * <p>Why not the JDK's client: for each piece of a body it goes through a selector and two tasks, it starts slowly
 * (bench/registry-results.md), an answer that comes before the body is through, as that of a proxy to a request that is too
 * large, is lost in it, and it gives no password to a proxy that it wants a tunnel from. Blocking, on a channel, because then
 * an interruption closes it.
 */
final class HttpConnection implements Closeable {

    /** Larger bodies are sent piece by piece, and watched. */
    static final int SMALL = 64 << 10;

    private static final int BUFFER = 128 << 10;
    private static final long FILE_PIECE = 1 << 20;
    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_INTERIM = 10;

    private final SocketChannel channel;
    private final Socket socket;
    private final SocketBelowTls belowOrNull;
    private final HttpProxy intermediaryOrNull;
    private final InputStream in;
    private final Timeouts timeouts;
    private final Consumer<HttpConnection> idle;
    private volatile long lastMoved = System.nanoTime();
    private volatile boolean stalled;
    private boolean answerBegan;
    private boolean reusable;

    /**
     * @param belowOrNull null without TLS
     * @param intermediaryOrNull the proxy that passes on what it reads; null where there is none, or only a tunnel
     */
    private HttpConnection(
            SocketChannel channel,
            SocketBelowTls belowOrNull,
            HttpProxy intermediaryOrNull,
            Socket socket,
            Timeouts timeouts,
            Consumer<HttpConnection> idle)
            throws IOException {
        this.channel = channel;
        this.belowOrNull = belowOrNull;
        this.intermediaryOrNull = intermediaryOrNull;
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), 16 << 10);
        this.timeouts = timeouts;
        this.idle = idle;
    }

    /**
     * @param proxyOrNull what is connected to in place of the host itself
     * @param idle takes the connection when an answer was read to its end and another request may follow
     */
    static HttpConnection open(
            URI uri,
            String action,
            HttpProxy proxyOrNull,
            SSLContext tls,
            Timeouts timeouts,
            Consumer<HttpConnection> idle)
            throws IOException {
        boolean secure = uri.getScheme().equalsIgnoreCase("https");
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        ConnectException failed = new ConnectException(
                proxyOrNull == null ? "no connection to " + host + ":" + port : "no connection to " + proxyOrNull);
        for (InetAddress address : addresses(host, proxyOrNull, action)) {
            SocketChannel channel = SocketChannel.open();
            try {
                Socket socket = channel.socket();
                try {
                    socket.connect(
                            new InetSocketAddress(address, proxyOrNull == null ? port : proxyOrNull.port()),
                            (int) timeouts.connect().toMillis());
                } catch (IOException e) {
                    cancelled(action, e);
                    failed.addSuppressed(e);
                    continue;
                }
                socket.setTcpNoDelay(true);
                socket.setSoTimeout((int) timeouts.stall().toMillis()); // for the tunnel and the handshake
                if (secure && proxyOrNull != null) {
                    tunnel(socket, proxyOrNull, uri.getHost() + ":" + port, action);
                }
                SocketBelowTls below = secure ? new SocketBelowTls(socket) : null;
                HttpConnection connection = new HttpConnection(
                        channel,
                        below,
                        secure ? null : proxyOrNull,
                        secure ? encrypted(tls, below, host, port) : socket,
                        timeouts,
                        idle);
                channel = null;
                return connection;
            } catch (IOException e) {
                cancelled(action, e);
                throw e;
            } finally {
                if (channel != null) {
                    channel.close();
                }
            }
        }
        throw failed;
    }

    private static InetAddress[] addresses(String host, HttpProxy proxyOrNull, String action) throws IOException {
        if (proxyOrNull == null) {
            return InetAddress.getAllByName(host);
        }
        try {
            return InetAddress.getAllByName(proxyOrNull.host());
        } catch (UnknownHostException e) {
            throw new UnreachableException(
                    "tried to " + action + " through " + proxyOrNull + ", but there is no host of that name", e);
        }
    }

    /** Source: RFC 9110, section 9.3.6 (CONNECT). */
    private static void tunnel(Socket socket, HttpProxy proxy, String target, String action) throws IOException {
        StringBuilder head = new StringBuilder("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n");
        proxy.authorization()
                .ifPresent(login ->
                        head.append("Proxy-Authorization: ").append(login).append("\r\n"));
        socket.getOutputStream().write(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        // Byte by byte: what follows the empty line belongs to TLS.
        InputStream in = socket.getInputStream();
        String status = line(in.read(), in, MAX_HEAD);
        int budget = MAX_HEAD - status.length();
        for (String field = line(in.read(), in, budget); !field.isEmpty(); field = line(in.read(), in, budget)) {
            budget -= field.length();
        }
        int code = status(status);
        if (code == 407 || code == 401) { // tinyproxy's answer to a wrong password
            throw loginRefused(proxy, action);
        }
        if (code >= 400 && code < 500 && code != 408 && code != 429) {
            throw new UnreachableException("tried to " + action + ", but " + proxy + " lets nobody through to " + target
                    + " (status " + code + ")");
        }
        if (code >= 300) {
            throw new IOException(proxy + " has no connection to " + target + " (status " + code + ")");
        }
    }

    private static UnreachableException loginRefused(HttpProxy proxy, String action) {
        return new UnreachableException("tried to " + action + ", but " + proxy
                + (proxy.user().isEmpty()
                        ? " wants a login, and none was given for it"
                        : " refused the login of user " + RegistryErrors.clean(proxy.user())));
    }

    private static Socket encrypted(SSLContext tls, SocketBelowTls below, String host, int port) throws IOException {
        SSLSocket encrypted = (SSLSocket) tls.getSocketFactory().createSocket(below, host, port, true);
        SSLParameters parameters = encrypted.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        encrypted.setSSLParameters(parameters);
        try {
            encrypted.startHandshake();
        } catch (SSLException e) {
            // The JDK's own message for a connection that breaks here is the name of one of its methods.
            throw e.getCause() instanceof SocketException broken ? broken : e;
        }
        return encrypted;
    }

    private static void cancelled(String action, IOException e) throws CancelledException {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("cancelled while trying to " + action, e);
        }
    }

    /** Whether the other side has left it open, and says nothing on it that nobody asked for. */
    boolean isUsable() {
        try {
            if (in.available() > 0) {
                return false;
            }
            channel.configureBlocking(false);
            try {
                return channel.read(ByteBuffer.allocate(1)) == 0;
            } finally {
                channel.configureBlocking(true);
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether anything of the last request's answer came. */
    boolean answerBegan() {
        return answerBegan;
    }

    /** Sends and reads the answer's head. Its body ends the use of the connection; after an exception it is closed. */
    Answer exchange(Request request, Map<String, String> headers) throws IOException {
        answerBegan = false;
        // tinyproxy closes after each answer and does not say so: what follows too soon breaks.
        reusable = intermediaryOrNull == null;
        lastMoved = System.nanoTime();
        hurry((int) timeouts.stall().toMillis());
        long period = Math.max(1, timeouts.stall().toMillis() / 4);
        ScheduledFuture<?> watching = length(request) <= SMALL
                ? null
                : HttpConnections.WATCH.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
        boolean answered = false;
        try {
            IOException broken = write(request, headers);
            try {
                Answer answer = answer(request);
                answered = true;
                return answer;
            } catch (IOException e) {
                // A TLS alert says why the other side closed, a broken pipe only that it did.
                throw broken == null || e instanceof SSLException ? e : broken;
            }
        } catch (RegistryException e) {
            throw e;
        } catch (SocketTimeoutException e) {
            throw nothingMoved(e);
        } catch (IOException e) {
            cancelled(request.action(), e);
            throw stalled ? nothingMoved(e) : e;
        } finally {
            if (watching != null) {
                watching.cancel(false);
            }
            if (!answered) {
                close();
            }
        }
    }

    private void check() {
        if (System.nanoTime() - lastMoved > timeouts.stall().toNanos()) {
            stalled = true;
            closeChannel();
        }
    }

    private IOException nothingMoved(IOException e) {
        return new IOException("nothing moved for " + timeouts.stall().toMillis() + " ms", e);
    }

    private static long length(Request request) {
        return request.bodyOrNull() == null ? 0 : request.bodyOrNull().length();
    }

    /** @return what broke, when there may still be an answer that says why */
    private IOException write(Request request, Map<String, String> headers) throws IOException {
        byte[] head = head(request, headers);
        if (belowOrNull == null && length(request) > SMALL) {
            Optional<FileRange> file = request.bodyOrNull().file();
            if (file.isPresent()) {
                return writeFile(request, head, file.get());
            }
        }
        long left = length(request);
        try (InputStream content = left == 0 ? InputStream.nullInputStream() : open(request)) {
            OutputStream out = socket.getOutputStream();
            byte[] buffer = new byte[(int) Math.min(BUFFER, head.length + left)];
            System.arraycopy(head, 0, buffer, 0, Math.min(head.length, buffer.length));
            int filled = head.length;
            if (head.length > buffer.length / 2) {
                out.write(head);
                filled = 0;
            }
            while (filled > 0 || left > 0) {
                if (left > 0) {
                    int read = read(request, content, buffer, filled, (int) Math.min(buffer.length - filled, left));
                    filled += read;
                    left -= read;
                }
                out.write(buffer, 0, filled);
                requireWritten();
                filled = 0;
                lastMoved = System.nanoTime();
            }
            out.flush();
            requireWritten();
            return null;
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            if (stalled || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            reusable = false;
            return e;
        }
    }

    private void requireWritten() throws IOException {
        if (belowOrNull != null) {
            belowOrNull.requireWritten();
        }
    }

    /** As {@link #write}, with a body that the kernel takes from the file (sendfile). */
    private IOException writeFile(Request request, byte[] head, FileRange range) throws IOException {
        try (FileChannel file = openFile(request, range)) {
            socket.getOutputStream().write(head);
            long all = length(request);
            for (long sent = 0; sent < all; ) {
                long more = file.transferTo(range.offset() + sent, Math.min(FILE_PIECE, all - sent), channel);
                if (more <= 0 && range.offset() + sent >= file.size()) {
                    throw unreadable(request, new IOException("it ended before its announced size"));
                }
                sent += more;
                lastMoved = System.nanoTime();
                request.bodyOrNull().sent(sent);
            }
            return null;
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            if (stalled || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            reusable = false;
            return e;
        }
    }

    private static FileChannel openFile(Request request, FileRange range) throws RegistryException {
        try {
            return FileChannel.open(range.file(), StandardOpenOption.READ);
        } catch (IOException e) {
            throw unreadable(request, e);
        }
    }

    private static InputStream open(Request request) throws RegistryException {
        try {
            return request.bodyOrNull().open();
        } catch (IOException e) {
            throw unreadable(request, e);
        }
    }

    private static int read(Request request, InputStream content, byte[] buffer, int offset, int length)
            throws RegistryException {
        try {
            int read = content.read(buffer, offset, length);
            if (read < 0) {
                throw new IOException("it ended before its announced size");
            }
            return read;
        } catch (IOException e) {
            throw unreadable(request, e);
        }
    }

    private static RegistryException unreadable(Request request, IOException e) {
        if (e instanceof RegistryException already) {
            return already;
        }
        if (Thread.currentThread().isInterrupted()) {
            return new CancelledException("cancelled while trying to " + request.action(), e);
        }
        return new RegistryException("tried to " + request.action() + ", but the content cannot be read: " + e, e);
    }

    private byte[] head(Request request, Map<String, String> headers) throws RegistryException {
        URI uri = request.uri();
        StringBuilder head = new StringBuilder(request.method())
                .append(' ')
                .append(intermediaryOrNull == null ? "" : uri.getScheme() + "://" + uri.getRawAuthority())
                .append(uri.getRawPath().isEmpty() ? "/" : uri.getRawPath())
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\n");
        Map<String, String> all = new LinkedHashMap<>();
        all.put("Host", uri.getRawAuthority());
        if (request.bodyOrNull() != null) {
            all.put("Content-Length", Long.toString(request.bodyOrNull().length()));
        }
        if (intermediaryOrNull != null) {
            all.put("Connection", "close");
            intermediaryOrNull.authorization().ifPresent(login -> all.put("Proxy-Authorization", login));
        }
        all.putAll(headers);
        for (Map.Entry<String, String> header : all.entrySet()) {
            append(head, header.getKey(), request);
            head.append(": ");
            append(head, header.getValue(), request);
            head.append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void append(StringBuilder head, String text, Request request) throws RegistryException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                throw new RegistryException("tried to " + request.action()
                        + ", but a header would have characters that are not allowed there");
            }
        }
        head.append(text);
    }

    private Answer answer(Request request) throws IOException {
        int budget = MAX_HEAD;
        for (int interim = 0; interim <= MAX_INTERIM; interim++) {
            String status = line(budget);
            lastMoved = System.nanoTime();
            int code = status(status);
            budget -= status.length();
            Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (String line = line(budget); !line.isEmpty(); line = line(budget)) {
                budget -= line.length();
                int colon = line.indexOf(':');
                if (colon < 1) {
                    throw new IOException("the answer has a header that is none");
                }
                fields.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), ignored -> new ArrayList<>())
                        .add(line.substring(colon + 1).trim());
            }
            if (code == 407 && intermediaryOrNull != null) {
                throw loginRefused(intermediaryOrNull, request.action());
            }
            if (code >= 200) {
                HttpHeaders answered = HttpHeaders.of(fields, (name, value) -> true);
                if (!status.startsWith("HTTP/1.1")
                        || answered.allValues("connection").stream()
                                .anyMatch(value -> value.equalsIgnoreCase("close"))) {
                    reusable = false;
                }
                return new Answer(request, request.uri(), code, answered, body(request, code, answered));
            }
        }
        throw new IOException("the answer never comes, only announcements of it");
    }

    private static int status(String line) throws IOException {
        boolean valid = line.length() >= 12
                && (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
                && (line.length() == 12 || line.charAt(12) == ' ');
        for (int i = 9; valid && i < 12; i++) {
            valid = line.charAt(i) >= '0' && line.charAt(i) <= '9';
        }
        int code = valid ? Integer.parseInt(line.substring(9, 12)) : 0;
        if (code < 100 || code > 599 || code == 101) {
            throw new IOException("the answer is not one of HTTP/1.1");
        }
        return code;
    }

    /** Source: RFC 9112, section 6.3. */
    private InputStream body(Request request, int code, HttpHeaders headers) throws IOException {
        List<String> encodings = headers.allValues("transfer-encoding");
        List<String> lengths =
                headers.allValues("content-length").stream().distinct().toList();
        if (request.method().equals("HEAD") || code == 204 || code == 304) {
            return new AnswerBody(this, request.action(), 0);
        }
        if (!encodings.isEmpty()) {
            if (!lengths.isEmpty() || encodings.size() > 1 || !encodings.get(0).equalsIgnoreCase("chunked")) {
                throw new IOException("the answer does not say clearly where it ends");
            }
            return new AnswerBody(this, request.action(), AnswerBody.CHUNKED);
        }
        if (lengths.isEmpty()) {
            reusable = false;
            return new AnswerBody(this, request.action(), AnswerBody.UNTIL_CLOSED);
        }
        if (lengths.size() > 1 || !lengths.get(0).matches("[0-9]{1,18}")) {
            throw new IOException("the answer does not say clearly how long it is");
        }
        return new AnswerBody(this, request.action(), Long.parseLong(lengths.get(0)));
    }

    String line(int budget) throws IOException {
        int first = in.read();
        answerBegan |= first >= 0;
        return line(first, in, budget);
    }

    private static String line(int first, InputStream in, int budget) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = first; c != '\n'; c = in.read()) {
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

    InputStream in() {
        return in;
    }

    /** So long a read waits. */
    void hurry(int milliseconds) throws IOException {
        socket.setSoTimeout(milliseconds);
    }

    IOException told(IOException e, String action) throws CancelledException {
        cancelled(action, e);
        return e instanceof SocketTimeoutException
                ? new IOException("nothing came for " + timeouts.stall().toSeconds() + " s", e)
                : e;
    }

    /** The answer was read to its end. */
    void finished() {
        if (reusable && channel.isOpen()) {
            idle.accept(this);
        } else {
            close();
        }
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            // it was to be given up
        }
    }

    /** Without the farewell of TLS, for which a dead connection would have to be waited. */
    @Override
    public void close() {
        closeChannel();
    }
}
