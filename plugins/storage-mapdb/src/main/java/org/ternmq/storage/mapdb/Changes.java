package org.ternmq.storage.mapdb;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The changes since a point in time, in memory. What it says of a key hides what is older; a removal is an entry too. Entries
 * are replaced and never taken out, so that a reader may walk over it while it grows.
 *
 * <p>Changed by the writing thread only; read by any.
 */
final class Changes {
    /** Told from an empty value by its identity. */
    private static final byte[] REMOVED = new byte[0];

    /** What an entry takes in the heap beside the bytes of its key and value: node, index, two array headers. */
    private static final int OVERHEAD = 120;

    private record Change(byte[] key, byte[] stored) implements Entry {
        @Override
        @SuppressWarnings("ArrayEquals") // the mark is told by its identity
        public boolean removed() {
            return stored == REMOVED;
        }

        @Override
        public byte[] value() {
            return stored;
        }
    }

    private final Map<String, ConcurrentNavigableMap<byte[], byte[]>> spaces = new ConcurrentHashMap<>();
    private long bytes;
    private long removals;

    /** What is known here of a key; null if nothing, so that older changes and tables must be asked. */
    @Nullable
    Entry get(String space, byte[] key) {
        ConcurrentNavigableMap<byte[], byte[]> map = spaces.get(space);
        byte[] stored = map == null ? null : map.get(key);
        return stored == null ? null : new Change(key, stored);
    }

    void put(String space, byte[] key, byte[] value) {
        set(space, key, value);
    }

    void remove(String space, byte[] key) {
        if (set(space, key, REMOVED) == null) {
            removals++;
        }
    }

    private byte @Nullable [] set(String space, byte[] key, byte[] stored) {
        byte[] before = spaces.computeIfAbsent(space, s -> new ConcurrentSkipListMap<>(Arrays::compareUnsigned))
                .put(key, stored);
        bytes += stored.length + (before == null ? key.length + OVERHEAD : -before.length);
        return before;
    }

    /** The entries from a key to another one, exclusive; null for no end. */
    Iterator<Entry> entries(String space, byte[] from, byte @Nullable [] to) {
        ConcurrentNavigableMap<byte[], byte[]> map = spaces.get(space);
        if (map == null || (to != null && Arrays.compareUnsigned(from, to) >= 0)) {
            return Merged.NOTHING;
        }
        Iterator<Map.Entry<byte[], byte[]>> range = (to == null ? map.tailMap(from, true) : map.subMap(from, to))
                .entrySet()
                .iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return range.hasNext();
            }

            @Override
            public Entry next() {
                Map.Entry<byte[], byte[]> next = range.next();
                return new Change(next.getKey(), next.getValue());
            }
        };
    }

    Set<String> spaces() {
        return spaces.keySet();
    }

    boolean isEmpty() {
        return spaces.isEmpty();
    }

    /** An estimate of the heap it takes. For the writing thread, and others under the lock of the contents. */
    long bytes() {
        return bytes;
    }

    /** Keys that were removed and not set here before: most of them are in tables, and take space there. For the writing thread. */
    long removals() {
        return removals;
    }
}
