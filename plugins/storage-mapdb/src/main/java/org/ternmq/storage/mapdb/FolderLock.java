package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.StorageException;

/** Keeps a second broker away from the folder, in this process or another. The system frees it when the process dies. */
final class FolderLock implements AutoCloseable {
    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the folder, or fails with what to do. */
    static FolderLock take(Path folder) {
        Path file = folder.resolve("lock");
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new StorageException("cannot write to the folder of the storage: " + Words.of(e), e);
        }
        FolderLock lock = new FolderLock(channel);
        try {
            if (tryLock(channel) != null) {
                return lock;
            }
        } catch (IOException e) {
            lock.close();
            throw new StorageException("cannot lock " + file + ": " + Words.of(e), e);
        }
        lock.close();
        throw new StorageException(
                "another broker uses " + folder + ". Stop it, or give this one a folder of its own (--data)");
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held by this process
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the process ends soon, and the lock with it
        }
    }
}
