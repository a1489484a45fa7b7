package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one writer at a time change a layout folder's index, in this process and among processes. A file lock alone belongs
 * to the whole process (the JDK throws when a second thread asks for it), hence the lock before it.
 */
final class LayoutLock implements AutoCloseable {

    private static final ConcurrentMap<Path, ReentrantLock> HELD = new ConcurrentHashMap<>();

    private final ReentrantLock inProcess;
    private final FileChannel channel;
    private final FileLock amongProcesses;

    private LayoutLock(ReentrantLock inProcess, FileChannel channel, FileLock amongProcesses) {
        this.inProcess = inProcess;
        this.channel = channel;
        this.amongProcesses = amongProcesses;
    }

    static LayoutLock of(Path folder) throws IOException, InterruptedException {
        Path file = folder.toRealPath().resolve("index.json.lock");
        ReentrantLock lock = HELD.computeIfAbsent(file, ignored -> new ReentrantLock());
        lock.lockInterruptibly();
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new LayoutLock(lock, channel, channel.lock());
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            lock.unlock();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            amongProcesses.release();
            channel.close();
        } finally {
            inProcess.unlock();
        }
    }
}
