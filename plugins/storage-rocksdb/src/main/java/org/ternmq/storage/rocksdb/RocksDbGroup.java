package org.ternmq.storage.rocksdb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteOptions;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Turns one group after the other into a write batch of RocksDB. Owned by the thread that writes.
 *
 * <p>A range of few keys is removed key by key, one of none not at all. RocksDB's own deletion of ranges costs the readers: with
 * a thousand of them in memory, a {@code get} takes 50 µs where it took 2; and the end of every clean session is one, mostly of
 * an empty queue.
 */
final class RocksDbGroup implements WriteBatch.Visitor, AutoCloseable {
    /** Of so many keys a range may be that is removed key by key; looking for them takes about as long as 100 puts. */
    private static final int FEW = 32;

    /** Deletions that are not cleared away yet, too, cost time to step over. */
    private static final int DELETIONS_STEPPED_OVER = 1_000;

    /** A batch keeps the memory of its largest group; one that grew beyond this is replaced. */
    private static final long KEPT_BYTES = 1024 * 1024;

    private record Put(Keyspace<?, ?> space, Object key) {
        <K> boolean isIn(Keyspace<K, ?> range, K from, K to) {
            if (!space.equals(range)) {
                return false;
            }
            @SuppressWarnings("unchecked") // the same keyspace has the same keys
            K k = (K) key;
            return range.order().compare(from, k) <= 0 && range.order().compare(k, to) < 0;
        }
    }

    private final RocksDB db;
    private final RocksDbFamilies families;
    private final List<Put> puts = new ArrayList<>();
    private org.rocksdb.WriteBatch changes = new org.rocksdb.WriteBatch();

    RocksDbGroup(RocksDB db, RocksDbFamilies families) {
        this.db = db;
        this.families = families;
    }

    /** Takes the next group in, and nothing of the one before. */
    void fill(List<WriteBatch> group) {
        puts.clear();
        if (changes.getDataSize() > KEPT_BYTES) {
            changes.close();
            changes = new org.rocksdb.WriteBatch();
        } else {
            changes.clear();
        }
        for (WriteBatch batch : group) {
            batch.forEach(this);
        }
    }

    /** Writes it. */
    void write(WriteOptions how) throws RocksDBException {
        if (changes.count() > 0) {
            db.write(how, changes);
        }
    }

    @Override
    public <K, V> void put(Keyspace<K, V> space, K key, V value) {
        try {
            changes.put(
                    families.of(space), space.keys().encode(key), space.values().encode(value));
        } catch (RocksDBException e) {
            throw refused(space, e);
        }
        puts.add(new Put(space, key));
    }

    @Override
    public <K, V> void delete(Keyspace<K, V> space, K key) {
        try {
            changes.delete(families.of(space), space.keys().encode(key));
        } catch (RocksDBException e) {
            throw refused(space, e);
        }
    }

    @Override
    public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
        byte[] first = space.keys().encode(from);
        byte[] end = space.keys().encode(to);
        if (Arrays.compareUnsigned(first, end) >= 0) {
            return; // RocksDB would fail the whole group
        }
        ColumnFamilyHandle family = families.of(space);
        boolean few = puts.stream().noneMatch(put -> put.isIn(space, from, to));
        try {
            if (!few || !deleteFew(family, first, end)) {
                changes.deleteRange(family, first, end);
            }
        } catch (RocksDBException e) {
            throw refused(space, e);
        }
    }

    /** Removes the stored keys of a range one by one, unless they are too many; those that this group put are not seen. */
    private boolean deleteFew(ColumnFamilyHandle family, byte[] first, byte[] end) throws RocksDBException {
        List<byte[]> keys = new ArrayList<>();
        try (Slice bound = new Slice(end);
                ReadOptions read = new ReadOptions()
                        .setIterateUpperBound(bound)
                        .setMaxSkippableInternalKeys(DELETIONS_STEPPED_OVER);
                RocksIterator iterator = db.newIterator(family, read)) {
            for (iterator.seek(first); iterator.isValid(); iterator.next()) {
                if (keys.size() == FEW) {
                    return false;
                }
                keys.add(iterator.key());
            }
            try {
                iterator.status();
            } catch (RocksDBException e) {
                return false; // too many deletions; anything worse will be said by the write
            }
        }
        for (byte[] key : keys) {
            changes.delete(family, key);
        }
        return true;
    }

    private static StorageException refused(Keyspace<?, ?> space, RocksDBException e) {
        return new StorageException("RocksDB does not take a change of keyspace " + space + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        changes.close();
    }
}
