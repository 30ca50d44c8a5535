package org.ternmq.spi;

import java.util.Comparator;

/**
 * An ordered map that the core asks a storage to keep. Two keyspaces are the same if their names are.
 *
 * @param name letters, digits and hyphens; fit for a file or column family name
 * @param order the order of the keys. The unsigned lexicographic order of the encoded keys is the same, so a backend
 *     that knows bytes only need not call it
 * @param keys the keys' codec
 * @param values the values' codec
 * @param <K> the key
 * @param <V> the value
 */
public record Keyspace<K, V>(String name, Comparator<K> order, Codec<K> keys, Codec<V> values) {
    @Override
    public boolean equals(Object o) {
        return o instanceof Keyspace<?, ?> k && name.equals(k.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
