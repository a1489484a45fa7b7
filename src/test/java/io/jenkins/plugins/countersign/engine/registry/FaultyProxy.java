package io.jenkins.plugins.countersign.engine.registry;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

/**
 * Stands between a client and a registry on the loopback and breaks connections, stalls, throttles, fails, cuts bodies short
 * and changes bytes, each decided by a seed. Or is merely slow.
 */
public final class FaultyProxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final LongAdder passed = new LongAdder();
    private final Object pace = new Object();
    private long perSecond = Long.MAX_VALUE;
    private volatile Random random;
    private volatile int faultsLeft;
    private volatile CountDownLatch held = new CountDownLatch(0);

    public FaultyProxy(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
        start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    /** From now on, each connection passes so many bytes of requests in a second. */
    public void passPerSecond(long bytes) {
        synchronized (pace) {
            perSecond = bytes;
            pace.notifyAll();
        }
    }

    /** From now on no request passes, until {@link #letGo}: a registry that takes everything and answers nothing. */
    public void hold() {
        held = new CountDownLatch(1);
    }

    public void letGo() {
        held.countDown();
    }

    /** How many bytes of requests have passed. */
    public long passed() {
        return passed.sum();
    }

    /** From now on, {@code faults} connections go wrong at most, as {@code seed} decides. */
    void misbehave(long seed, int faults) {
        random = new Random(seed);
        faultsLeft = faults;
    }

    private enum Fault {
        NONE,
        BREAK_REQUEST,
        BREAK_ANSWER,
        STALL,
        THROTTLE,
        FAIL,
        CHANGE_REQUEST,
        CHANGE_ANSWER
    }

    private record Plan(Fault fault, long at, int status) {}

    private synchronized Plan next() {
        if (faultsLeft <= 0) {
            return new Plan(Fault.NONE, 0, 0);
        }
        Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
        if (fault != Fault.NONE) {
            faultsLeft--;
        }
        // half of them early, where heads are, half anywhere in an image
        long at = random.nextBoolean() ? random.nextInt(1500) : random.nextInt(300_000);
        return new Plan(fault, at, new int[] {500, 502, 503, 504}[random.nextInt(4)]);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                client.setTcpNoDelay(true);
                open.add(client);
                start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        Plan plan = next();
        try (Socket registry = new Socket("localhost", target)) {
            registry.setTcpNoDelay(true);
            open.add(registry);
            if (plan.fault() == Fault.THROTTLE || plan.fault() == Fault.FAIL) {
                client.getInputStream().read(new byte[4096]);
                String status = plan.fault() == Fault.THROTTLE
                        ? "429 Too Many Requests\r\nRetry-After: 1"
                        : plan.status() + " Failed";
                client.getOutputStream()
                        .write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                close(client);
                return;
            }
            Thread up = start(() -> pump(client, registry, plan, true));
            pump(registry, client, plan, false);
            up.join();
        } catch (IOException | InterruptedException e) {
            close(client);
        }
    }

    private void pump(Socket from, Socket to, Plan plan, boolean request) {
        boolean breaks = plan.fault() == (request ? Fault.BREAK_REQUEST : Fault.BREAK_ANSWER);
        boolean changes = plan.fault() == (request ? Fault.CHANGE_REQUEST : Fault.CHANGE_ANSWER);
        boolean stalls = plan.fault() == Fault.STALL && !request;
        long position = 0;
        byte[] buffer = new byte[16 << 10];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                boolean here = plan.at() >= position && plan.at() < position + read;
                int index = (int) (plan.at() - position);
                if (here && stalls) {
                    // nothing more comes; the client has to notice
                    while (in.read(buffer) >= 0) {}
                    break;
                }
                if (here && breaks) {
                    out.write(buffer, 0, index);
                    break;
                }
                // the head of a request names what is meant: a change there is another request, which TLS prevents
                if (here && changes && !(request && isHead(buffer, read))) {
                    buffer[index] ^= 1;
                }
                if (request) {
                    held.await();
                }
                out.write(buffer, 0, read);
                position += read;
                if (request) {
                    passed.add(read);
                    dawdle(read);
                }
            }
        } catch (IOException | InterruptedException e) {
            // the other side is gone
        }
        close(from);
        close(to);
    }

    private void dawdle(long bytes) throws InterruptedException {
        synchronized (pace) {
            long until = System.nanoTime();
            while (perSecond < Long.MAX_VALUE) {
                long left = until + bytes * 1_000_000_000L / perSecond - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                pace.wait(left / 1_000_000 + 1);
            }
        }
    }

    private static boolean isHead(byte[] buffer, int length) {
        return new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains("HTTP/1.1");
    }

    private void close(Closeable some) {
        try {
            open.remove(some);
            some.close();
        } catch (IOException e) {
            // it was to be closed
        }
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task, "faulty proxy");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void close() throws IOException {
        server.close();
        open.forEach(this::close);
    }
}
