package org.ternmq.storage.mapdb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.WriteBatch;

/**
 * One change of a group in bytes, as it is logged and applied.
 *
 * @param kind what is done
 * @param space the keyspace's name
 * @param key the key, or the first of a range
 * @param other the value, the end of a range, or nothing
 */
record Op(Kind kind, String space, byte[] key, byte[] other) {
    /** What is done. The log has the ordinal. */
    enum Kind {
        PUT,
        REMOVE,
        REMOVE_RANGE
    }

    private static final byte[] NOTHING = new byte[0];

    /** The changes of a group in their order. Ranges without keys are left out. */
    static List<Op> of(List<WriteBatch> group) {
        List<Op> ops = new ArrayList<>();
        WriteBatch.Visitor visitor = new WriteBatch.Visitor() {
            @Override
            public <K, V> void put(Keyspace<K, V> space, K key, V value) {
                ops.add(new Op(
                        Kind.PUT,
                        space.name(),
                        space.keys().encode(key),
                        space.values().encode(value)));
            }

            @Override
            public <K, V> void delete(Keyspace<K, V> space, K key) {
                ops.add(new Op(Kind.REMOVE, space.name(), space.keys().encode(key), NOTHING));
            }

            @Override
            public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
                byte[] first = space.keys().encode(from);
                byte[] end = space.keys().encode(to);
                if (Arrays.compareUnsigned(first, end) < 0) {
                    ops.add(new Op(Kind.REMOVE_RANGE, space.name(), first, end));
                }
            }
        };
        for (WriteBatch batch : group) {
            batch.forEach(visitor);
        }
        return ops;
    }
}
