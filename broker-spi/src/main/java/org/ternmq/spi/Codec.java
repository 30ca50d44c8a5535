package org.ternmq.spi;

/**
 * Turns keys or values of a {@link Keyspace} into bytes and back. Written by the core; safe for use by several threads.
 *
 * @param <T> the key or value
 */
public interface Codec<T> {
    /**
     * The bytes of a value.
     *
     * @param value the value
     * @return a new array
     */
    byte[] encode(T value);

    /**
     * The value of bytes that {@link #encode} made.
     *
     * @param bytes as stored; not changed, and not kept
     * @return the value
     * @throws CorruptRecordException if the bytes are not what {@code encode} makes
     */
    T decode(byte[] bytes);
}
