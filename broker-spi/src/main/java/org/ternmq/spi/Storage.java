package org.ternmq.spi;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ordered keys and atomic groups; it knows nothing of sessions or QoS. All calls are synchronous and may block; none comes
 * from an event loop.
 *
 * <p>{@link #write} has one caller at a time. {@link #get} and {@link #scan} may come from several threads, also while a
 * write runs; they see every write that had returned when they were called, and of a running one all or nothing.
 */
public interface Storage extends AutoCloseable {
    /** What a {@link #write} that returned outlives. */
    enum Durability {
        /** A killed process ({@code kill -9}): the bytes are with the operating system. */
        PROCESS,
        /** A power cut: the bytes are on the disk. One flush for the whole group. */
        POWER
    }

    /**
     * Writes a group, all or nothing, in the order of its batches.
     *
     * @param group batches, none empty; not changed and not kept
     * @param durability what the group must outlive once this returns
     * @throws StorageException if the group may not be there: nothing more is acknowledged, and the broker stops
     */
    void write(List<WriteBatch> group, Durability durability);

    /**
     * Reads one key.
     *
     * @param space where
     * @param key the key
     * @param <K> the key's type
     * @param <V> the value's type
     * @return its value, or null if it is not set
     * @throws CorruptRecordException if the stored bytes make no value
     * @throws StorageException if the backend cannot read
     */
    <K, V> @Nullable V get(Keyspace<K, V> space, K key);

    /**
     * Walks over a range in ascending order. Changes made while the cursor is open may be seen or not.
     *
     * @param space where
     * @param from the first key, inclusive
     * @param to the end, exclusive; null for no end
     * @param <K> the key's type
     * @param <V> the value's type
     * @return a cursor that the caller closes
     * @throws StorageException if the backend cannot read
     */
    <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to);

    /**
     * Figures for operators, now: bytes on disk, native memory, work put off. Called every now and then by any thread but an event
     * loop, also while a write runs; must be quick. Not called after {@link #close}.
     *
     * @return each under a name of lower-case letters, digits and hyphens that ends in its unit, such as {@code disk-bytes};
     *     none by default
     */
    default Map<String, Long> statistics() {
        return Map.of();
    }

    /** Closes it, after all cursors. What was written stays. Called once, on the main thread. */
    @Override
    void close();
}
