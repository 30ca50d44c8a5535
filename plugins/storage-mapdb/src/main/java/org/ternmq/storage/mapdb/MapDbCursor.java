package org.ternmq.storage.mapdb;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;

/** Walks over the keys that are not removed. Used by one thread; keeps tables from being closed until it is closed itself. */
final class MapDbCursor<K, V> implements Cursor<K, V> {
    private final Keyspace<K, V> space;
    private final Contents.Scan scan;
    private final Consumer<MapDbCursor<?, ?>> onClose;
    private @Nullable Entry current;
    private boolean closed;

    /** Takes the scan over. */
    MapDbCursor(Keyspace<K, V> space, Contents.Scan scan, Consumer<MapDbCursor<?, ?>> onClose) {
        this.space = space;
        this.scan = scan;
        this.onClose = onClose;
    }

    @Override
    public boolean next() {
        if (closed) {
            throw new IllegalStateException("the cursor is closed");
        }
        current = null;
        while (current == null && scan.entries().hasNext()) {
            Entry next = scan.entries().next();
            current = next.removed() ? null : next;
        }
        return current != null;
    }

    @Override
    public K key() {
        return space.keys().decode(current().key());
    }

    @Override
    public V value() {
        return space.values().decode(current().value());
    }

    @Override
    public byte[] rawKey() {
        return current().key().clone();
    }

    @Override
    public byte[] rawValue() {
        return current().value().clone();
    }

    private Entry current() {
        if (current == null) {
            throw new IllegalStateException("the cursor stands on no key");
        }
        return current;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            current = null;
            scan.retained().forEach(Table::release);
            onClose.accept(this);
        }
    }
}
