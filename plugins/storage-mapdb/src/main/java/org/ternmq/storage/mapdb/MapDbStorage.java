package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Logs a group, then makes it visible.
 *
 * <p>{@link #write} is called by one thread at a time, which owns the log under a lock; the rest may be called by any.
 */
final class MapDbStorage implements BackupStorage {
    private static final Logger LOG = LoggerFactory.getLogger(MapDbStorage.class);

    /** A copy waits so long for the group that is being written before it lets a table be finished, on which that may wait. */
    private static final long PATIENCE_MILLIS = 20;

    private final Folder folder;
    private final FolderLock lock;
    private final Contents contents;
    private final Checkpoints checkpoints;
    private final Set<String> spaces;
    private final Set<MapDbCursor<?, ?>> cursors = ConcurrentHashMap.newKeySet();
    /** Held while a group is written, and for the moment in which a copy takes hold of the files. */
    private final ReentrantLock writing = new ReentrantLock();

    private RedoLog log;
    /** Bytes of older logs whose changes are in no table either. */
    private long loggedBefore;
    /** Bytes of all logs; for other threads to look at. */
    private volatile long loggedNow;

    private @Nullable StorageException failure;
    private boolean closed;

    /**
     * Takes all over.
     *
     * @param loggedBefore bytes of the logs before {@code log} that no table covers
     */
    MapDbStorage(
            Folder folder,
            FolderLock lock,
            Contents contents,
            Checkpoints checkpoints,
            Set<String> spaces,
            RedoLog log,
            long loggedBefore) {
        this.folder = folder;
        this.lock = lock;
        this.contents = contents;
        this.checkpoints = checkpoints;
        this.spaces = Set.copyOf(spaces);
        this.log = log;
        this.loggedBefore = loggedBefore;
        this.loggedNow = loggedBefore + log.length();
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        writing.lock();
        try {
            writeLocked(group, durability);
        } finally {
            writing.unlock();
        }
    }

    private void writeLocked(List<WriteBatch> group, Durability durability) {
        if (failure != null) { // the log may end in half a group, behind which nothing would be found again
            throw new StorageException("the storage failed before: " + failure.getMessage(), failure);
        }
        List<Op> ops = Op.of(group);
        if (ops.isEmpty()) {
            return;
        }
        try {
            RedoLog before = log;
            log = checkpoints.makeRoom(before, loggedBefore + before.length());
            if (log != before) {
                loggedBefore = 0;
            }
            log.append(ops, durability);
            loggedNow = loggedBefore + log.length();
            contents.apply(ops);
        } catch (IOException e) {
            failure = new StorageException("cannot write to " + log.path() + ": " + Words.of(e), e);
            throw failure;
        } catch (StorageException e) {
            failure = e;
            throw e;
        } catch (RuntimeException | Error e) { // the log may have a group that cannot be seen
            failure = new StorageException("the storage in " + folder.path() + " failed: " + e, e);
            throw failure;
        }
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        Entry entry = contents.get(checked(space), space.keys().encode(key));
        return entry == null ? null : space.values().decode(entry.value());
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        byte[] first = space.keys().encode(from);
        byte[] end = to == null ? null : space.keys().encode(to);
        MapDbCursor<K, V> cursor = new MapDbCursor<>(space, contents.scan(checked(space), first, end), cursors::remove);
        cursors.add(cursor);
        return cursor;
    }

    /** The tables are linked or copied, and the logs since copied up to the end of the last group. */
    @Override
    public void backup(Path directory) {
        try (HeldFiles files = hold()) {
            files.copyTo(directory);
        } catch (IOException e) {
            throw new StorageException(
                    "the storage in " + folder.path() + " cannot be copied to " + directory + ": " + Words.of(e), e);
        }
    }

    /** A group that waits for a table, which in turn waits for the files, must not be waited for with the files in hand. */
    private HeldFiles hold() throws IOException {
        while (true) {
            checkpoints.holdFiles();
            try {
                if (writing.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                    try {
                        return HeldFiles.of(folder, checkpoints.committed(), contents.retainTables(), log);
                    } finally {
                        writing.unlock();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StorageException("the copy of the storage in " + folder.path() + " was interrupted", e);
            } finally {
                checkpoints.releaseFiles();
            }
        }
    }

    @Override
    public Map<String, Long> statistics() {
        Contents.Figures figures = contents.figures();
        return Map.of(
                "tables-bytes", figures.tableBytes(),
                "tables-count", figures.tables(),
                "memory-bytes", figures.memoryBytes(),
                "log-bytes", loggedNow);
    }

    private String checked(Keyspace<?, ?> space) {
        if (!spaces.contains(space.name())) {
            throw new StorageException("keyspace " + space + " was not named when the store was opened");
        }
        return space.name();
    }

    /** The caller sees to it that no other call is running. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (failure == null) {
            failure = new StorageException("the storage in " + folder.path() + " is closed");
        }
        checkpoints.close();
        cursors.forEach(MapDbCursor::close); // those that were forgotten
        contents.close();
        try {
            log.close();
        } catch (IOException e) {
            LOG.warn("{} does not close: {}", log.path(), Words.of(e));
        }
        lock.close();
    }
}
