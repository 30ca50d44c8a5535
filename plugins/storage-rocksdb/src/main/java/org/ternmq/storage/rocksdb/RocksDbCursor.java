package org.ternmq.storage.rocksdb;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;

/** Walks over the keys as they were when it was made. Used by one thread; holds native memory until closed. */
final class RocksDbCursor<K, V> implements Cursor<K, V> {
    private enum Place {
        IN_FRONT,
        ON_A_KEY,
        AT_THE_END,
        CLOSED
    }

    private final Keyspace<K, V> space;
    private final byte[] from;
    private final RocksIterator iterator;
    private final ReadOptions options;
    private final @Nullable Slice end;
    private final Consumer<RocksDbCursor<?, ?>> onClose;
    private Place place = Place.IN_FRONT;

    /** Takes the native objects over. */
    RocksDbCursor(
            Keyspace<K, V> space,
            byte[] from,
            RocksIterator iterator,
            ReadOptions options,
            @Nullable Slice end,
            Consumer<RocksDbCursor<?, ?>> onClose) {
        this.space = space;
        this.from = from;
        this.iterator = iterator;
        this.options = options;
        this.end = end;
        this.onClose = onClose;
    }

    @Override
    public boolean next() {
        switch (place) {
            case IN_FRONT -> iterator.seek(from);
            case ON_A_KEY -> iterator.next();
            case AT_THE_END -> {
                return false;
            }
            case CLOSED -> throw new IllegalStateException("the cursor is closed");
        }
        if (iterator.isValid()) {
            place = Place.ON_A_KEY;
            return true;
        }
        place = Place.AT_THE_END;
        try {
            iterator.status(); // the end, or a table that cannot be read
        } catch (RocksDBException e) {
            throw new StorageException("RocksDB cannot read on in keyspace " + space + ": " + e.getMessage(), e);
        }
        return false;
    }

    @Override
    public K key() {
        return space.keys().decode(rawKey());
    }

    @Override
    public V value() {
        return space.values().decode(rawValue());
    }

    @Override
    public byte[] rawKey() {
        checkOnAKey();
        return iterator.key();
    }

    @Override
    public byte[] rawValue() {
        checkOnAKey();
        return iterator.value();
    }

    /** Without this check, RocksDB would read memory that is not its own. */
    private void checkOnAKey() {
        if (place != Place.ON_A_KEY) {
            throw new IllegalStateException("the cursor stands on no key");
        }
    }

    @Override
    public void close() {
        if (place != Place.CLOSED) {
            place = Place.CLOSED;
            iterator.close();
            options.close();
            if (end != null) {
                end.close();
            }
            onClose.accept(this);
        }
    }
}
