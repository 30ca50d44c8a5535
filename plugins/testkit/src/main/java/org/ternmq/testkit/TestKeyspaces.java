package org.ternmq.testkit;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;
import org.ternmq.spi.Codec;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Keyspace;

/** The keyspaces and records of the storage tests. */
final class TestKeyspaces {
    private static final Codec<byte[]> RAW = codec(byte[]::clone, byte[]::clone);

    /** Numbers from 0 on, in their order. */
    private static final Codec<Long> NUMBER =
            codec(n -> ByteBuffer.allocate(Long.BYTES).putLong(n).array(), TestKeyspaces::toLong);

    /** Any keys and values. */
    static final Keyspace<byte[], byte[]> BYTES = new Keyspace<>("bytes", Arrays::compareUnsigned, RAW, RAW);

    /** As {@link #BYTES}, next to it. */
    static final Keyspace<byte[], byte[]> OTHER_BYTES =
            new Keyspace<>("other-bytes", Arrays::compareUnsigned, RAW, RAW);

    /** Numbers under numbers. */
    static final Keyspace<Long, Long> NUMBERS = new Keyspace<>("numbers", Long::compare, NUMBER, NUMBER);

    /** The same keyspace as {@link #NUMBERS}, through which bytes can be stored that are neither key nor value of it. */
    static final Keyspace<byte[], byte[]> NUMBERS_RAW = new Keyspace<>("numbers", Arrays::compareUnsigned, RAW, RAW);

    /** As {@link #NUMBERS}, next to it. */
    static final Keyspace<Long, Long> OTHER_NUMBERS = new Keyspace<>("other-numbers", Long::compare, NUMBER, NUMBER);

    /** Bytes under numbers. */
    static final Keyspace<Long, byte[]> BODIES = new Keyspace<>("bodies", Long::compare, NUMBER, RAW);

    private TestKeyspaces() {}

    private static long toLong(byte[] bytes) {
        if (bytes.length != Long.BYTES) {
            throw new CorruptRecordException(bytes.length + " bytes are no number");
        }
        return ByteBuffer.wrap(bytes).getLong();
    }

    private static <T> Codec<T> codec(Function<T, byte[]> encode, Function<byte[], T> decode) {
        return new Codec<>() {
            @Override
            public byte[] encode(T value) {
                return encode.apply(value);
            }

            @Override
            public T decode(byte[] bytes) {
                return decode.apply(bytes);
            }
        };
    }
}
