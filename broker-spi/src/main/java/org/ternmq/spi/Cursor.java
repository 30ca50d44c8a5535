package org.ternmq.spi;

/**
 * Walks over keys in ascending order. Used by one thread; must be closed.
 *
 * @param <K> the key
 * @param <V> the value
 */
public interface Cursor<K, V> extends AutoCloseable {
    /**
     * Moves to the next key; a new cursor stands in front of the first.
     *
     * @return false if there is none
     * @throws StorageException if the backend cannot read on
     */
    boolean next();

    /**
     * The key it stands on.
     *
     * @return the key
     * @throws CorruptRecordException if its bytes make no key; the cursor can go on
     */
    K key();

    /**
     * The value of the key it stands on.
     *
     * @return the value
     * @throws CorruptRecordException if its bytes make no value; the cursor can go on
     */
    V value();

    /**
     * The stored bytes of the key, for a report on an unreadable record.
     *
     * @return a new array
     */
    byte[] rawKey();

    /**
     * The stored bytes of the value, for a report on an unreadable record.
     *
     * @return a new array
     */
    byte[] rawValue();

    @Override
    void close();
}
