package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.delivery.Proof;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A registry that tells of much at once, half of it forged, replayed or oversized, and a user who looks at a job's page meanwhile.
 * Plain sockets, everything signed beforehand: what it costs is not taken for Jenkins' cost.
 */
final class FloodSender {

    private static final int OVERSIZED = 513 * 1024;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final URI jenkins;
    private final int perSecond;
    private final List<byte[]> requests = new ArrayList<>();
    private int valid;

    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final Set<String> otherAnswers = Collections.synchronizedSet(new TreeSet<>());
    private final List<Double> looks = Collections.synchronizedList(new ArrayList<>());
    private final double[] answers;
    private double seconds;

    /** @param label makes the deliveries of one flood others than those of the next */
    FloodSender(URI jenkins, String label, int deliveries, int perSecond, int tags) {
        this.jenkins = jenkins;
        this.perSecond = perSecond;
        this.answers = new double[deliveries];
        byte[] first = Told.published("1.0", label);
        for (int i = 0; i < deliveries; i++) {
            byte[] body = Told.published("1." + i % tags, label + " " + i);
            int kind = i % 20;
            if (i == 0) {
                valid++;
                requests.add(request(first, first));
            } else if (kind < 10) {
                valid++;
                requests.add(request(body, body));
            } else if (kind < 15) {
                requests.add(request(body, first));
            } else if (kind < 19) {
                requests.add(request(first, first));
            } else {
                requests.add(request(new byte[i % 100 == 99 ? OVERSIZED : 0], first));
            }
        }
    }

    int valid() {
        return valid;
    }

    int accepted() {
        return accepted.get();
    }

    int refused() {
        return refused.get();
    }

    Set<String> otherAnswers() {
        return otherAnswers;
    }

    /** Returns when everything is answered. The first is answered before the others are sent: they are its replays. */
    void flood(int connections) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Thread user = new Thread(() -> look(over), "user");
        user.start();
        send(new AtomicInteger(), 1, System.nanoTime());
        AtomicInteger next = new AtomicInteger(1);
        long start = System.nanoTime();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Thread sender = new Thread(() -> send(next, requests.size(), start), "sender " + i);
            sender.start();
            senders.add(sender);
        }
        for (Thread sender : senders) {
            sender.join();
        }
        seconds = (System.nanoTime() - start) / 1e9;
        over.set(true);
        user.join();
    }

    /** One connection's part. A delivery that is late because those before were not answered is late from when it was due. */
    private void send(AtomicInteger next, int end, long start) {
        Connection connection = null;
        for (int i = next.getAndIncrement(); i < end; i = next.getAndIncrement()) {
            long due = start + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            try {
                if (connection == null) {
                    connection = new Connection(jenkins);
                }
                count(connection.ask(requests.get(i)));
                if (connection.isOver) {
                    connection.close();
                    connection = null;
                }
            } catch (IOException e) {
                otherAnswers.add(e.toString());
                connection = null;
            }
            answers[i] = (System.nanoTime() - due) / 1e6;
        }
        if (connection != null) {
            connection.close();
        }
    }

    private void count(int status) {
        if (status == 202) {
            accepted.incrementAndGet();
        } else if (status == 403) {
            refused.incrementAndGet();
        } else {
            otherAnswers.add("status " + status);
        }
    }

    private void look(AtomicBoolean over) {
        byte[] request = ("GET " + jenkins.getPath() + "job/flooded/api/json HTTP/1.1\r\nHost: "
                        + jenkins.getAuthority() + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        do {
            long start = System.nanoTime();
            try (Socket socket = new Socket(jenkins.getHost(), jenkins.getPort())) {
                socket.getOutputStream().write(request);
                String page = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!page.startsWith("HTTP/1.1 200 ") || !page.contains("\"flooded\"")) {
                    otherAnswers.add(page);
                }
            } catch (IOException e) {
                otherAnswers.add(e.toString());
            }
            looks.add((System.nanoTime() - start) / 1e6);
            LockSupport.parkNanos(LOOK_NANOS);
        } while (!over.get());
    }

    private byte[] request(byte[] body, byte[] signed) {
        ByteArrayOutputStream request = new ByteArrayOutputStream(body.length + 300);
        request.writeBytes(("POST " + jenkins.getPath() + "countersign-webhook/signed HTTP/1.1\r\nHost: "
                        + jenkins.getAuthority() + "\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256="
                        + HexFormat.of().formatHex(Proof.hmac(Told.SECRET.getBytes(StandardCharsets.UTF_8), signed))
                        + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(body);
        return request.toByteArray();
    }

    /** What was seen, for people. */
    String seen() {
        return String.format(
                Locale.ROOT,
                "%d deliveries (%d valid) at %d a second: answered in %.1f s, %.0f a second; accepted %d, refused %d;"
                        + " answered after %s; a user's page (%d looks) after %s",
                requests.size(),
                valid,
                perSecond,
                seconds,
                requests.size() / seconds,
                accepted(),
                refused(),
                milliseconds(answers),
                looks.size(),
                milliseconds(looks.stream().mapToDouble(Double::doubleValue).toArray()));
    }

    private static String milliseconds(double[] times) {
        Arrays.sort(times);
        return String.format(
                Locale.ROOT,
                "median %.1f ms, 95 %% %.1f ms, worst %.1f ms",
                times[times.length / 2],
                times[times.length * 95 / 100],
                times[times.length - 1]);
    }

    /** A kept connection, as registries keep theirs. */
    private static final class Connection {

        private final Socket socket;
        private final InputStream in;
        private boolean isOver;

        Connection(URI jenkins) throws IOException {
            socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.MINUTES.toMillis(2));
            socket.connect(new InetSocketAddress(jenkins.getHost(), jenkins.getPort()));
            in = new BufferedInputStream(socket.getInputStream());
        }

        /** The answer's status. */
        int ask(byte[] request) throws IOException {
            socket.getOutputStream().write(request);
            String line = line();
            int status = Integer.parseInt(line.split(" ", 3)[1]);
            int length = -1;
            for (String header = line(); !header.isEmpty(); header = line()) {
                String lower = header.toLowerCase(Locale.ROOT);
                if (lower.startsWith("content-length:")) {
                    length = Integer.parseInt(
                            header.substring(header.indexOf(':') + 1).trim());
                } else if (lower.startsWith("connection:") && lower.contains("close")) {
                    isOver = true;
                }
            }
            if (length < 0) {
                throw new IOException("an answer without a length");
            }
            in.skipNBytes(length);
            return status;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the connection ended after: " + line);
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }

        void close() {
            try {
                socket.close();
            } catch (IOException e) {
                // It is over in any case.
            }
        }
    }
}
