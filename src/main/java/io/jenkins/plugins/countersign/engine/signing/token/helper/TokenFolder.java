package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What this machine keeps about one token: the lock that one process holds while it uses the token, and the credentials whose
 * PIN the token refused. The operating system lets go of the lock when the process ends, however it ends.
 */
final class TokenFolder implements AutoCloseable {

    private static final long PAUSE_MILLIS = 50;
    private static final int MAX_REFUSALS = 1000;

    private final Path refused;
    private final FileChannel channel;
    private final FileLock lock;

    private TokenFolder(Path refused, FileChannel channel, FileLock lock) {
        this.refused = refused;
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits for the token; {@code onWaiting} is called once if somebody else has it. */
    static TokenFolder lock(Path folder, String serial, long waitMillis, Runnable onWaiting) throws HelperException {
        String name = name(serial);
        try {
            makeOwn(folder);
            FileChannel channel = FileChannel.open(
                    folder.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            long deadline = System.nanoTime() + waitMillis * 1_000_000;
            boolean told = false;
            FileLock lock = channel.tryLock();
            while (lock == null) {
                if (!told) {
                    told = true;
                    onWaiting.run();
                }
                if (System.nanoTime() > deadline) {
                    channel.close();
                    throw new HelperException(
                            "TOKEN_BUSY",
                            "another build has been using the token " + serial + " for " + waitMillis / 1000
                                    + " s; nothing was sent to the token");
                }
                Thread.sleep(PAUSE_MILLIS);
                lock = channel.tryLock();
            }
            return new TokenFolder(folder.resolve(name + ".refused"), channel, lock);
        } catch (IOException e) {
            throw new HelperException("FAILED", "cannot lock the token in the folder " + folder + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HelperException("FAILED", "interrupted while waiting for the token");
        }
    }

    /** Whether some process uses a token on this machine. */
    static boolean isAnyLocked(Path folder) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(folder, "*.lock")) {
            for (Path path : locks) {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
                        FileLock free = channel.tryLock()) {
                    if (free == null) {
                        return true;
                    }
                } catch (OverlappingFileLockException ownLock) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException nothingToRead) {
            return false;
        }
    }

    /** The name of the folder can be guessed: one that somebody else made would let them hold the lock and clear the notes. */
    private static void makeOwn(Path folder) throws IOException, HelperException {
        boolean posix = Files.getFileStore(Path.of("").toAbsolutePath()).supportsFileAttributeView("posix");
        if (!posix) {
            Files.createDirectories(folder);
            return;
        }
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                || !Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS)
                        .equals(Files.getOwner(Path.of("").toAbsolutePath()))
                || Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS)
                        .contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new HelperException(
                    "FAILED", "the folder " + folder + " for the locks of tokens is not this user's own; remove it");
        }
    }

    boolean wasRefused(String pinName) throws HelperException {
        return read().contains(name(pinName));
    }

    /** Written before the PIN is sent: a process that dies in between must not lead to a second try. */
    void remember(String pinName) throws HelperException {
        List<String> names = read();
        names.add(name(pinName));
        write(names.subList(Math.max(0, names.size() - MAX_REFUSALS), names.size()));
    }

    void forget(String pinName) throws HelperException {
        List<String> names = read();
        names.removeIf(name(pinName)::equals);
        write(names);
    }

    private List<String> read() throws HelperException {
        try {
            return Files.exists(refused) ? new ArrayList<>(Files.readAllLines(refused)) : new ArrayList<>();
        } catch (IOException e) {
            throw new HelperException("FAILED", "cannot read which PINs were refused, " + refused + ": " + e);
        }
    }

    private void write(List<String> names) throws HelperException {
        try {
            Path next = refused.resolveSibling(refused.getFileName() + ".new");
            Files.write(next, names);
            Files.move(next, refused, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new HelperException("FAILED", "cannot note which PIN is tried, " + refused + ": " + e);
        }
    }

    private static String name(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException processEndsAnyway) {
            return;
        }
    }
}
