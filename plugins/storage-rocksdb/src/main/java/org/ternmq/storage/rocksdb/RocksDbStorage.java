package org.ternmq.storage.rocksdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Slice;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * A column family per keyspace, and one of RocksDB's write batches per group, which it applies and logs as a whole.
 *
 * <p>{@link #write} is called by one thread at a time, which owns {@link RocksDbGroup}; the rest may be called by any.
 */
final class RocksDbStorage implements BackupStorage {
    private static final Logger LOG = LoggerFactory.getLogger(RocksDbStorage.class);

    private final Path folder;
    private final RocksDbOptions options;
    private final RocksDB db;
    private final RocksDbFamilies families;
    private final RocksDbGroup group;
    private final WriteOptions toSystem = new WriteOptions().setSync(false);
    private final WriteOptions toDisk = new WriteOptions().setSync(true);
    private final Set<RocksDbCursor<?, ?>> cursors = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Takes the options and the open database over. */
    RocksDbStorage(Path folder, RocksDbOptions options, RocksDB db, RocksDbFamilies families) {
        this.folder = folder;
        this.options = options;
        this.db = db;
        this.families = families;
        this.group = new RocksDbGroup(db, families);
    }

    @Override
    public void write(List<WriteBatch> batches, Durability durability) {
        checkOpen();
        group.fill(batches);
        try {
            group.write(
                    switch (durability) {
                        case PROCESS -> toSystem;
                        case POWER -> toDisk;
                    });
        } catch (RocksDBException e) {
            throw failure("cannot write", e);
        }
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        checkOpen();
        byte @Nullable [] value;
        try {
            value = db.get(families.of(space), space.keys().encode(key));
        } catch (RocksDBException e) {
            throw failure("cannot read keyspace " + space, e);
        }
        return value == null ? null : space.values().decode(value);
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        checkOpen();
        ColumnFamilyHandle family = families.of(space);
        byte[] first = space.keys().encode(from);
        Slice end = to == null ? null : new Slice(space.keys().encode(to));
        ReadOptions read = new ReadOptions();
        if (end != null) {
            read.setIterateUpperBound(end);
        }
        RocksDbCursor<K, V> cursor =
                new RocksDbCursor<>(space, first, db.newIterator(family, read), read, end, cursors::remove);
        cursors.add(cursor);
        return cursor;
    }

    /**
     * A checkpoint: hard links to the tables where the file system allows it, and a copy of the manifest and of the log. The
     * log has all that was written since the oldest table, so the column families are of one moment.
     */
    @Override
    public void backup(Path directory) {
        checkOpen();
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(directory.toString());
            new FormatFile(directory).write();
        } catch (RocksDBException e) {
            throw failure("cannot be copied to " + directory, e);
        } catch (IOException e) {
            throw new StorageException("cannot write to " + directory + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Map<String, Long> statistics() {
        checkOpen();
        Map<String, Long> figures = new LinkedHashMap<>();
        try {
            figures.put("tables-bytes", sum("rocksdb.total-sst-files-size"));
            figures.put("live-tables-bytes", sum("rocksdb.live-sst-files-size"));
            figures.put("compaction-pending-bytes", sum("rocksdb.estimate-pending-compaction-bytes"));
            figures.put("compactions-running-count", db.getLongProperty("rocksdb.num-running-compactions"));
            figures.put("write-buffers-bytes", sum("rocksdb.cur-size-all-mem-tables"));
            // One cache for all families, to which the write buffers and the filters are charged.
            figures.put("cache-bytes", options.cache().getUsage());
            figures.put("cache-pinned-bytes", options.cache().getPinnedUsage());
            figures.put("table-readers-bytes", sum("rocksdb.estimate-table-readers-mem"));
        } catch (RocksDBException e) {
            throw failure("cannot tell its figures", e);
        }
        return figures;
    }

    private long sum(String property) throws RocksDBException {
        long sum = 0;
        for (ColumnFamilyHandle family : families.all()) {
            sum += db.getLongProperty(family, property);
        }
        return sum;
    }

    /** The caller sees to it that no other call is running. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        cursors.forEach(RocksDbCursor::close); // one that was forgotten would read freed memory
        // Not needed for safety, the log has it all: it makes the next start faster.
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
            db.flush(flush, families.all());
        } catch (RocksDBException e) {
            LOG.warn("RocksDB in {} was not written out before it closed: {}", folder, e.getMessage());
        }
        group.close();
        toSystem.close();
        toDisk.close();
        families.close();
        db.close();
        options.close();
    }

    /** A call into a closed database would end the process. */
    private void checkOpen() {
        if (closed) {
            throw new StorageException("RocksDB in " + folder + " is closed");
        }
    }

    private StorageException failure(String what, RocksDBException e) {
        return new StorageException("RocksDB in " + folder + " " + what + ": " + e.getMessage(), e);
    }
}
