package org.ternmq.broker.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;

/**
 * What operators want of a store that is in use: copies, figures, an orderly end. Any thread but an event loop and the journal's may
 * call.
 */
public final class StoreCare implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreCare.class);

    /** The end waits so long for a copy. */
    private static final long PATIENCE_SECONDS = 3;

    private final Storage storage;
    private final String type;
    private final String folder;
    private final Metrics metrics;
    private final ReentrantLock copying = new ReentrantLock();
    /** Read: the storage is being used. Write: it is being closed. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private boolean closed;

    /**
     * Of an open store, which is closed with this.
     *
     * @param type the storage's type, for messages
     * @param folder the name of the storage's own folder in a data folder
     */
    public StoreCare(Storage storage, String type, String folder, Metrics metrics) {
        this.storage = storage;
        this.type = type;
        this.folder = folder;
        this.metrics = metrics;
    }

    /**
     * Copies what is committed into a folder that can be the data folder of a broker. The journal goes on meanwhile. The copy is on
     * the disk when this returns, and the folder appears when it is complete. Blocks as long as this takes.
     *
     * @param target a folder that is not there yet, in one that is
     * @throws DumpException if it cannot be made, in words; nothing is left behind then
     */
    public void backup(Path target) throws DumpException {
        if (!(storage instanceof BackupStorage copied)) {
            throw new DumpException("storage '" + type + "' cannot copy itself");
        }
        Path whole = target.toAbsolutePath().normalize();
        Path parent = whole.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new DumpException("cannot make " + whole + ": the folder it would be in is not there");
        }
        if (Files.exists(whole, LinkOption.NOFOLLOW_LINKS)) {
            throw new DumpException(whole + " is there already; a backup makes a new folder");
        }
        if (!copying.tryLock()) {
            throw new DumpException("another backup is being made");
        }
        use.readLock().lock();
        try {
            if (closed) {
                throw new DumpException("the broker is stopping");
            }
            copy(copied, parent.resolve(whole.getFileName() + ".unfinished"), whole);
        } finally {
            use.readLock().unlock();
            copying.unlock();
        }
    }

    private void copy(BackupStorage copied, Path unfinished, Path whole) throws DumpException {
        try {
            long begun = System.nanoTime();
            remove(unfinished);
            createPrivate(unfinished);
            copied.backup(unfinished.resolve(folder));
            Files.move(unfinished, whole, StandardCopyOption.ATOMIC_MOVE);
            sync(whole.resolveSibling("."));
            LOG.info("The store was copied to {} in {} ms", whole, (System.nanoTime() - begun) / 1_000_000);
        } catch (IOException | StorageException e) {
            removeQuietly(unfinished);
            throw new DumpException("cannot make " + whole + ": " + words(e), e);
        }
    }

    private static String words(Exception e) {
        if (e instanceof AccessDeniedException) {
            return e.getMessage() + ": access denied";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** The storage's figures, by name; none if it has none, or fails to tell them. */
    public Map<String, Long> statistics() {
        use.readLock().lock();
        try {
            return closed ? Map.of() : storage.statistics();
        } catch (RuntimeException e) {
            metrics.pluginFailed("storage-" + type);
            LOG.warn("Storage '{}' does not tell its figures: {}", type, e.toString());
            return Map.of();
        } finally {
            use.readLock().unlock();
        }
    }

    /**
     * Closes the storage. If a copy is still being made after some seconds, the storage is left open to the end of the process: all
     * that was acknowledged is in its log.
     */
    @Override
    public void close() {
        boolean alone = false;
        try {
            alone = use.writeLock().tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!alone) {
            LOG.warn("A backup is not finished: the storage is left open");
            return;
        }
        try {
            closed = true;
            storage.close();
        } finally {
            use.writeLock().unlock();
        }
    }

    private static void createPrivate(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
        }
    }

    private static void sync(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.debug("{} cannot be flushed by itself here", folder, e);
        }
    }

    private static void removeQuietly(Path folder) {
        try {
            remove(folder);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed", folder, e);
        }
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path one, @Nullable IOException e) throws IOException {
                Files.delete(one);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
