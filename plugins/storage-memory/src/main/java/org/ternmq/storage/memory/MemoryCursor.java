package org.ternmq.storage.memory;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;

/** Walks over a part of a map. Used by one thread. */
final class MemoryCursor<K, V> implements Cursor<K, V> {
    private final Keyspace<K, V> space;
    private final Iterator<Map.Entry<K, V>> entries;
    private Map.@Nullable Entry<K, V> current;

    MemoryCursor(Keyspace<K, V> space, Iterator<Map.Entry<K, V>> entries) {
        this.space = space;
        this.entries = entries;
    }

    @Override
    public boolean next() {
        current = entries.hasNext() ? entries.next() : null;
        return current != null;
    }

    @Override
    public K key() {
        return current().getKey();
    }

    @Override
    public V value() {
        return current().getValue();
    }

    @Override
    public byte[] rawKey() {
        return space.keys().encode(key());
    }

    @Override
    public byte[] rawValue() {
        return space.values().encode(value());
    }

    @Override
    public void close() {
        current = null;
    }

    private Map.Entry<K, V> current() {
        if (current == null) {
            throw new IllegalStateException("the cursor stands on no key");
        }
        return current;
    }
}
