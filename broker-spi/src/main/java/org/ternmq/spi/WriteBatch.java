package org.ternmq.spi;

import java.util.ArrayList;
import java.util.List;

/**
 * Changes that become durable together or not at all, in the order in which they were added: a later change of the same
 * key wins. Not safe for use by several threads.
 */
public final class WriteBatch {
    private interface Change {
        void tell(Visitor visitor);
    }

    private final List<Change> changes = new ArrayList<>();

    /** An empty batch. */
    public WriteBatch() {}

    /**
     * Sets a key.
     *
     * @param space where
     * @param key the key
     * @param value its new value
     * @param <K> the key's type
     * @param <V> the value's type
     * @return this
     */
    public <K, V> WriteBatch put(Keyspace<K, V> space, K key, V value) {
        changes.add(v -> v.put(space, key, value));
        return this;
    }

    /**
     * Removes a key, if it is there.
     *
     * @param space where
     * @param key the key
     * @param <K> the key's type
     * @param <V> the value's type
     * @return this
     */
    public <K, V> WriteBatch delete(Keyspace<K, V> space, K key) {
        changes.add(v -> v.delete(space, key));
        return this;
    }

    /**
     * Removes every key from one to another, those set earlier in this batch included.
     *
     * @param space where
     * @param from the first key removed
     * @param to the first key kept, above {@code from}
     * @param <K> the key's type
     * @param <V> the value's type
     * @return this
     */
    public <K, V> WriteBatch deleteRange(Keyspace<K, V> space, K from, K to) {
        changes.add(v -> v.deleteRange(space, from, to));
        return this;
    }

    /**
     * Whether nothing was added.
     *
     * @return true if there is no change in it
     */
    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /**
     * How many changes were added.
     *
     * @return 0 or more
     */
    public int size() {
        return changes.size();
    }

    /**
     * Shows the changes in order.
     *
     * @param visitor called once for each
     */
    public void forEach(Visitor visitor) {
        for (Change change : changes) {
            change.tell(visitor);
        }
    }

    /** Is shown the changes of a batch. */
    public interface Visitor {
        /**
         * A key is set.
         *
         * @param space where
         * @param key the key
         * @param value its new value
         * @param <K> the key's type
         * @param <V> the value's type
         */
        <K, V> void put(Keyspace<K, V> space, K key, V value);

        /**
         * A key is removed.
         *
         * @param space where
         * @param key the key
         * @param <K> the key's type
         * @param <V> the value's type
         */
        <K, V> void delete(Keyspace<K, V> space, K key);

        /**
         * Keys are removed.
         *
         * @param space where
         * @param from the first key removed
         * @param to the first key kept
         * @param <K> the key's type
         * @param <V> the value's type
         */
        <K, V> void deleteRange(Keyspace<K, V> space, K from, K to);
    }
}
