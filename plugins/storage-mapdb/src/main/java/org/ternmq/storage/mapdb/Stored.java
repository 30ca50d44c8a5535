package org.ternmq.storage.mapdb;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** How an entry's value stands in a node of a table: a kind, then the value or where it is. */
final class Stored {
    /** Larger values are records of their own, so that looking up a key does not read all values of its node. */
    static final int LARGEST_INSIDE = 1024;

    private static final byte INSIDE = 0;
    private static final byte OUTSIDE = 1;
    private static final byte[] REMOVED = {2};

    private Stored() {}

    static byte[] inside(byte[] value) {
        byte[] stored = new byte[1 + value.length];
        stored[0] = INSIDE;
        System.arraycopy(value, 0, stored, 1, value.length);
        return stored;
    }

    static byte[] outside(long record) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(OUTSIDE).putLong(record).array();
    }

    static byte[] removed() {
        return REMOVED;
    }

    static boolean isRemoved(byte[] stored) {
        return stored[0] == REMOVED[0];
    }

    static boolean isOutside(byte[] stored) {
        return stored[0] == OUTSIDE;
    }

    static byte[] value(byte[] stored) {
        return Arrays.copyOfRange(stored, 1, stored.length);
    }

    static long record(byte[] stored) {
        return ByteBuffer.wrap(stored).getLong(1);
    }
}
