package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.RealPart;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Assume;
import org.junit.rules.ExternalResource;

/**
 * A YubiKey in software, as far as OpenSC asks: a PIV card (NIST SP 800-73-4) in a virtual reader of the smart card daemon
 * ({@code pcscd} with {@code vpcd}). OpenSC's library talks to it as to any card, and it counts what it is asked.
 */
public final class PivCard extends ExternalResource {

    public static final String PIN = "271828";
    static final int TRIES = 3;
    private static final List<String> LIBRARIES = List.of(
            "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
            "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
            "/usr/lib/opensc-pkcs11.so");
    private static final Path READER = Path.of("/usr/lib/pcsc/drivers/serial/libifdvpcd.so");
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] ATR = HEX.parseHex("3bfd1300008131fe158073c021c057597562694b657940");
    private static final byte[] APPLICATION = HEX.parseHex("a000000308");
    private static final byte[] TEMPLATE = HEX.parseHex("61114f0600001000010079074f05a000000308");
    private static final byte[] DISCOVERY = HEX.parseHex("7e124f0ba000000308000010000100" + "5f2f024000");
    private static final byte[] UNIQUE_ID =
            HEX.parseHex("533b3019d4e739da739ced39ce739d836858210842108421c84210c3eb3410"
                    + "00112233445566778899aabbccddeeff" + "350832303939303130313e00fe00");
    private static final byte[] OK = {(byte) 0x90, 0};
    private static final byte[] NOT_FOUND = {0x6A, (byte) 0x82};

    private final Map<Integer, KeyPair> keys = new ConcurrentHashMap<>();
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private final AtomicInteger pinsSent = new AtomicInteger();
    private final AtomicInteger tries = new AtomicInteger(TRIES);
    private volatile CountDownLatch finger = new CountDownLatch(0);
    private volatile CountDownLatch asked = new CountDownLatch(1);
    private volatile boolean loggedIn;
    private volatile boolean pinJustGiven;
    private Process daemon;
    private Path folder;
    private int port;
    private Socket reader;
    private byte[] pending = {};
    private final ByteArrayOutputStream chained = new ByteArrayOutputStream();

    @Override
    protected void before() throws Throwable {
        RealPart.require("pcscd");
        Assume.assumeTrue(READER + " is missing (Debian: vsmartcard-vpcd)", Files.exists(READER));
        Assume.assumeTrue("another smart card daemon runs here", !Files.exists(Path.of("/run/pcscd/pcscd.comm")));
        Assume.assumeTrue("only root may start pcscd", Files.isWritable(Path.of("/run")));
        folder = Files.createTempDirectory("piv");
        port = twoFreePorts();
        Path configuration = folder.resolve("reader.conf");
        Files.writeString(
                configuration,
                "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x" + Integer.toHexString(port) + "\nLIBPATH "
                        + READER + "\nCHANNELID 0x" + Integer.toHexString(port) + "\n");
        daemon = new ProcessBuilder(
                        RealPart.require("pcscd").toString(),
                        "--foreground",
                        "--info",
                        "--config",
                        configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pcscd.log").toFile())
                .start();
        objects.put("5fc102", UNIQUE_ID);
        objects.put("7e", DISCOVERY);
    }

    /** The reader has two slots, the second on the port after the first's, and gives up where that is taken. */
    private static int twoFreePorts() throws IOException {
        for (int tried = 0; tried < 100; tried++) {
            try (ServerSocket first = new ServerSocket(0);
                    ServerSocket second = new ServerSocket(first.getLocalPort() + 1)) {
                return second.getLocalPort() - 1;
            } catch (IOException | IllegalArgumentException taken) {
                continue;
            }
        }
        throw new IOException("no two free ports beside each other");
    }

    public static String library() {
        return LIBRARIES.stream()
                .filter(place -> Files.exists(Path.of(place)))
                .findFirst()
                .orElseThrow(() -> new org.junit.AssumptionViolatedException("OpenSC's library is not installed"));
    }

    /** Puts a key into a slot (9a, 9c, 9d or 9e) with its certificate: OpenSC finds keys by their certificates. */
    public PivCard with(int slot, KeyPair key, X509Certificate certificate) throws GeneralSecurityException {
        String object =
                switch (slot) {
                    case 0x9a -> "5fc105";
                    case 0x9c -> "5fc10a";
                    case 0x9d -> "5fc10b";
                    default -> "5fc101";
                };
        keys.put(slot, key);
        objects.put(object, tlv(0x53, concat(tlv(0x70, certificate.getEncoded()), new byte[] {0x71, 1, 0, (byte) 0xFE, 0
        })));
        return this;
    }

    /** Plugs the card in, and waits until the reader has it. */
    public void plugIn() throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (reader == null) {
            try {
                reader = new Socket("localhost", port);
                reader.setTcpNoDelay(true);
            } catch (IOException notYet) {
                if (!daemon.isAlive() || System.nanoTime() > deadline) {
                    throw new AssertionError("pcscd: " + Files.readString(folder.resolve("pcscd.log")), notYet);
                }
                Thread.sleep(50);
            }
        }
        Thread answers = new Thread(this::answer, "PIV card");
        answers.setDaemon(true);
        answers.start();
        awaitInLog("Card ATR:");
    }

    /** Somebody pulls it out, and the reader notices. */
    public void pullOut() throws Exception {
        unplug();
        awaitInLog("Card Removed");
    }

    private void awaitInLog(String event) throws Exception {
        Path log = folder.resolve("pcscd.log");
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!Files.readString(log).contains(event)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the reader did not notice: " + Files.readString(log));
            }
            Thread.sleep(50);
        }
    }

    private void unplug() throws IOException {
        if (reader != null) {
            reader.close();
            reader = null;
        }
        finger.countDown();
    }

    /** From now on each signature waits for {@link #touch}. */
    public void wantTouch() {
        asked = new CountDownLatch(1);
        finger = new CountDownLatch(1);
    }

    public void awaitAsked() throws InterruptedException {
        if (!asked.await(60, java.util.concurrent.TimeUnit.SECONDS)) {
            throw new AssertionError("the card was asked for no signature");
        }
    }

    public void touch() {
        finger.countDown();
    }

    /** How many times a PIN arrived; asking how many tries are left is not one. */
    public int pinsSent() {
        return pinsSent.get();
    }

    int triesLeft() {
        return tries.get();
    }

    void setTriesLeft(int left) {
        tries.set(left);
    }

    private void answer() {
        try {
            DataInputStream in = new DataInputStream(reader.getInputStream());
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(reader.getOutputStream()));
            while (true) {
                byte[] command = new byte[in.readUnsignedShort()];
                in.readFully(command);
                byte[] answer;
                if (command.length == 1) {
                    // Power off, power on, reset; 4 asks for the answer to reset, and is how the reader looks for the
                    // card.
                    if (command[0] != 4) {
                        loggedIn = false;
                        continue;
                    }
                    answer = ATR;
                } else {
                    answer = apdu(command);
                }
                out.writeShort(answer.length);
                out.write(answer);
                out.flush();
            }
        } catch (IOException | InterruptedException | GeneralSecurityException pulledOut) {
            loggedIn = false;
        }
    }

    private byte[] apdu(byte[] command) throws GeneralSecurityException, InterruptedException {
        int instruction = command[1] & 0xFF;
        int p2 = command[3] & 0xFF;
        byte[] data = data(command);
        if (instruction != 0xC0) {
            pending = new byte[0];
        }
        if ((command[0] & 0x10) != 0) {
            chained.writeBytes(data);
            return OK;
        }
        if (chained.size() > 0) {
            chained.writeBytes(data);
            data = chained.toByteArray();
            chained.reset();
        }
        return switch (instruction) {
            case 0xA4 -> startsWith(data, APPLICATION) ? concat(TEMPLATE, OK) : NOT_FOUND;
            case 0xFD -> concat(new byte[] {5, 4, 3}, OK);
            case 0xCB -> object(data);
            case 0xC0 -> chunk();
            case 0x20 -> verify(data);
            case 0x87 -> sign(p2, data);
            default -> new byte[] {0x6D, 0};
        };
    }

    private byte[] object(byte[] request) {
        byte[] found = request.length < 3 ? null : objects.get(HEX.formatHex(request, 2, request.length));
        if (found == null) {
            return NOT_FOUND;
        }
        pending = found;
        return chunk();
    }

    private byte[] chunk() {
        int length = Math.min(pending.length, 256);
        byte[] part = Arrays.copyOf(pending, length);
        pending = Arrays.copyOfRange(pending, length, pending.length);
        return concat(part, pending.length == 0 ? OK : new byte[] {0x61, (byte) Math.min(pending.length, 256)});
    }

    private byte[] verify(byte[] data) {
        if (data.length == 0) {
            return loggedIn ? OK : tries.get() == 0 ? new byte[] {0x69, (byte) 0x83} : left();
        }
        pinsSent.incrementAndGet();
        if (tries.get() == 0) {
            return new byte[] {0x69, (byte) 0x83};
        }
        int length = 0;
        while (length < data.length && data[length] != (byte) 0xFF) {
            length++;
        }
        if (!new String(data, 0, length, StandardCharsets.US_ASCII).equals(PIN)) {
            loggedIn = false;
            return tries.decrementAndGet() == 0 ? new byte[] {0x69, (byte) 0x83} : left();
        }
        tries.set(TRIES);
        loggedIn = true;
        pinJustGiven = true;
        return OK;
    }

    private byte[] left() {
        return new byte[] {0x63, (byte) (0xC0 | tries.get())};
    }

    /** Slot 9c wants the PIN before each signature, 9e none at all. */
    private byte[] sign(int slot, byte[] template) throws GeneralSecurityException, InterruptedException {
        KeyPair key = keys.get(slot);
        if (key == null) {
            return NOT_FOUND;
        }
        if (slot != 0x9e && !loggedIn || slot == 0x9c && !pinJustGiven) {
            return new byte[] {0x69, (byte) 0x82};
        }
        pinJustGiven = false;
        asked.countDown();
        finger.await();
        int start = template.length;
        for (int i = 0; i < template.length - 2; i++) {
            if (template[i] == (byte) 0x82 && template[i + 1] == 0 && template[i + 2] == (byte) 0x81) {
                start = i + 3;
                break;
            }
        }
        int skip = (template[start] & 0xFF) == 0x82 ? 3 : (template[start] & 0xFF) == 0x81 ? 2 : 1;
        byte[] digest = Arrays.copyOfRange(template, start + skip, template.length);
        byte[] signature;
        if (key.getPrivate() instanceof java.security.interfaces.RSAPrivateKey rsa) {
            byte[] power = new java.math.BigInteger(1, digest)
                    .modPow(rsa.getPrivateExponent(), rsa.getModulus())
                    .toByteArray();
            signature = new byte[digest.length];
            int n = Math.min(power.length, signature.length);
            System.arraycopy(power, power.length - n, signature, signature.length - n, n);
        } else {
            Signature ecdsa = Signature.getInstance("NONEwithECDSA");
            ecdsa.initSign(key.getPrivate());
            ecdsa.update(digest);
            signature = ecdsa.sign();
        }
        pending = tlv(0x7C, tlv(0x82, signature));
        return chunk();
    }

    private static byte[] data(byte[] command) {
        if (command.length <= 5) {
            return new byte[0];
        }
        if (command[4] == 0 && command.length > 7) {
            int length = (command[5] & 0xFF) << 8 | command[6] & 0xFF;
            return Arrays.copyOfRange(command, 7, Math.min(command.length, 7 + length));
        }
        return Arrays.copyOfRange(command, 5, Math.min(command.length, 5 + (command[4] & 0xFF)));
    }

    private static boolean startsWith(byte[] data, byte[] prefix) {
        return data.length >= prefix.length && Arrays.equals(data, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static byte[] tlv(int tag, byte[] content) {
        byte[] head = content.length < 0x80
                ? new byte[] {(byte) tag, (byte) content.length}
                : content.length < 0x100
                        ? new byte[] {(byte) tag, (byte) 0x81, (byte) content.length}
                        : new byte[] {(byte) tag, (byte) 0x82, (byte) (content.length >> 8), (byte) content.length};
        return concat(head, content);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** What a process needs to use OpenSC as it comes, whatever this machine configured. */
    public Map<String, String> environment() {
        return Map.of("OPENSC_CONF", folder.resolve("opensc.conf").toString());
    }

    /** What OpenSC calls it. */
    public String label() throws Exception {
        return TokenList.read(host(), null).get(0).label();
    }

    TokenHost host() {
        return new TokenHost(
                List.of(library()),
                environment(),
                folder.resolve("locks").toString(),
                java.time.Duration.ofSeconds(60),
                java.time.Duration.ofSeconds(60));
    }

    @Override
    protected void after() {
        try {
            unplug();
            if (daemon != null) {
                daemon.destroy();
                if (!daemon.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
                    daemon.destroyForcibly();
                }
            }
            if (folder != null) {
                try (var files = Files.walk(folder)) {
                    files.sorted(java.util.Comparator.reverseOrder())
                            .forEach(file -> file.toFile().delete());
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
