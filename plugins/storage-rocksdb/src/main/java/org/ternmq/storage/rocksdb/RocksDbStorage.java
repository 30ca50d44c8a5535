package org.ternmq.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Slice;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * A column family per keyspace, and one of RocksDB's write batches per group, which it applies and logs as a whole.
 *
 * <p>{@link #write} is called by one thread at a time, which owns the write batch; the rest may be called by any.
 */
final class RocksDbStorage implements Storage {
    private static final Logger LOG = LoggerFactory.getLogger(RocksDbStorage.class);

    /** A batch keeps the memory of its largest group; one that grew beyond this is replaced. */
    private static final long KEPT_BATCH_BYTES = 1024 * 1024;

    private final Path folder;
    private final RocksDbOptions options;
    private final RocksDB db;
    private final List<ColumnFamilyHandle> handles;
    private final Map<String, ColumnFamilyHandle> families;
    private final WriteOptions toSystem = new WriteOptions().setSync(false);
    private final WriteOptions toDisk = new WriteOptions().setSync(true);
    private final Set<RocksDbCursor<?, ?>> cursors = ConcurrentHashMap.newKeySet();
    private org.rocksdb.WriteBatch changes = new org.rocksdb.WriteBatch();
    private volatile boolean closed;

    /** Takes the options and the open database over. */
    RocksDbStorage(Path folder, RocksDbOptions options, RocksDB db, List<ColumnFamilyHandle> handles) {
        this.folder = folder;
        this.options = options;
        this.db = db;
        this.handles = List.copyOf(handles);
        this.families = new ConcurrentHashMap<>();
        for (ColumnFamilyHandle handle : handles) {
            try {
                families.put(new String(handle.getName(), UTF_8), handle);
            } catch (RocksDBException e) {
                throw failure("cannot name its column families", e);
            }
        }
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        checkOpen();
        if (changes.getDataSize() > KEPT_BATCH_BYTES) {
            changes.close();
            changes = new org.rocksdb.WriteBatch();
        } else {
            changes.clear();
        }
        Encoder encoder = new Encoder();
        for (WriteBatch batch : group) {
            batch.forEach(encoder);
        }
        try {
            db.write(
                    switch (durability) {
                        case PROCESS -> toSystem;
                        case POWER -> toDisk;
                    },
                    changes);
        } catch (RocksDBException e) {
            throw failure("cannot write", e);
        }
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        checkOpen();
        byte @Nullable [] value;
        try {
            value = db.get(family(space), space.keys().encode(key));
        } catch (RocksDBException e) {
            throw failure("cannot read keyspace " + space, e);
        }
        return value == null ? null : space.values().decode(value);
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        checkOpen();
        ColumnFamilyHandle family = family(space);
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
            db.flush(flush, handles);
        } catch (RocksDBException e) {
            LOG.warn("RocksDB in {} was not written out before it closed: {}", folder, e.getMessage());
        }
        changes.close();
        toSystem.close();
        toDisk.close();
        handles.forEach(ColumnFamilyHandle::close);
        db.close();
        options.close();
    }

    /** A call into a closed database would end the process. */
    private void checkOpen() {
        if (closed) {
            throw new StorageException("RocksDB in " + folder + " is closed");
        }
    }

    private ColumnFamilyHandle family(Keyspace<?, ?> space) {
        ColumnFamilyHandle handle = families.get(space.name());
        if (handle == null) {
            throw new StorageException(
                    "keyspace " + space + " was not named when RocksDB in " + folder + " was opened");
        }
        return handle;
    }

    private StorageException failure(String what, RocksDBException e) {
        return new StorageException("RocksDB in " + folder + " " + what + ": " + e.getMessage(), e);
    }

    /** Fills the write batch. */
    private final class Encoder implements WriteBatch.Visitor {
        @Override
        public <K, V> void put(Keyspace<K, V> space, K key, V value) {
            try {
                changes.put(
                        family(space), space.keys().encode(key), space.values().encode(value));
            } catch (RocksDBException e) {
                throw failure("cannot take a value for keyspace " + space, e);
            }
        }

        @Override
        public <K, V> void delete(Keyspace<K, V> space, K key) {
            try {
                changes.delete(family(space), space.keys().encode(key));
            } catch (RocksDBException e) {
                throw failure("cannot take a deletion in keyspace " + space, e);
            }
        }

        @Override
        public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
            byte[] first = space.keys().encode(from);
            byte[] end = space.keys().encode(to);
            if (Arrays.compareUnsigned(first, end) >= 0) {
                return; // RocksDB takes a range that ends before it starts for an error of the whole group
            }
            try {
                changes.deleteRange(family(space), first, end);
            } catch (RocksDBException e) {
                throw failure("cannot take a deletion in keyspace " + space, e);
            }
        }
    }
}
