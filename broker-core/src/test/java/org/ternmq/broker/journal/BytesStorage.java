package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.WriteBatch;

/** Bytes by bytes, as a backend on disk has them. */
public final class BytesStorage implements Storage {
    private final Map<String, TreeMap<byte[], byte[]>> spaces = new HashMap<>();

    private int writesLeft;

    /** The records of one keyspace. */
    public TreeMap<byte[], byte[]> of(Keyspace<?, ?> space) {
        return spaces.computeIfAbsent(space.name(), name -> new TreeMap<>(Arrays::compareUnsigned));
    }

    @Override
    public synchronized void write(List<WriteBatch> group, Durability durability) {
        if (writesLeft > 0 && --writesLeft == 0) {
            throw new Killed();
        }
        for (WriteBatch batch : group) {
            batch.forEach(new WriteBatch.Visitor() {
                @Override
                public <K, V> void put(Keyspace<K, V> space, K key, V value) {
                    of(space).put(space.keys().encode(key), space.values().encode(value));
                }

                @Override
                public <K, V> void delete(Keyspace<K, V> space, K key) {
                    of(space).remove(space.keys().encode(key));
                }

                @Override
                public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
                    of(space)
                            .subMap(space.keys().encode(from), space.keys().encode(to))
                            .clear();
                }
            });
        }
    }

    @Override
    public synchronized <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        byte[] value = of(space).get(space.keys().encode(key));
        return value == null ? null : space.values().decode(value);
    }

    @Override
    public synchronized <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        Iterator<Map.Entry<byte[], byte[]>> entries = new ArrayList<>((to == null
                                ? of(space).tailMap(space.keys().encode(from))
                                : of(space)
                                        .subMap(
                                                space.keys().encode(from),
                                                space.keys().encode(to)))
                        .entrySet())
                .iterator();
        return new Cursor<>() {
            private Map.Entry<byte[], byte[]> at = Map.entry(new byte[0], new byte[0]);

            @Override
            public boolean next() {
                if (!entries.hasNext()) {
                    return false;
                }
                at = entries.next();
                return true;
            }

            @Override
            public K key() {
                return space.keys().decode(at.getKey());
            }

            @Override
            public V value() {
                return space.values().decode(at.getValue());
            }

            @Override
            public byte[] rawKey() {
                return at.getKey();
            }

            @Override
            public byte[] rawValue() {
                return at.getValue();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {}

    /** All it has, in words that can be compared. */
    Map<String, List<String>> contents() {
        Map<String, List<String>> all = new TreeMap<>();
        spaces.forEach((name, records) -> {
            if (!records.isEmpty()) {
                all.put(
                        name,
                        records.entrySet().stream()
                                .map(e -> HexFormat.of().formatHex(e.getKey()) + "="
                                        + HexFormat.of().formatHex(e.getValue()))
                                .toList());
            }
        });
        return all;
    }

    /** Throws in place of the n-th write from now on, as if the process had been killed there. */
    void killAt(int write) {
        writesLeft = write;
    }

    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }
}
