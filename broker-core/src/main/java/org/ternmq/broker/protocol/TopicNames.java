package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The topic names that came in of late, found by their bytes, so that a message costs neither a String nor a check of one.
 * Owned by one event loop.
 *
 * <p>Each topic may be in one of a few places only, which its hash names; when these are taken one of the topics there gives
 * way. So it stays bounded whatever clients send, and topics chosen to have the same hash cost hits and no time.
 */
public final class TopicNames {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int WAYS = 4;
    private static final int FIRST_PLACES = 1 << 10;
    private static final int MAX_PLACES = 1 << 16;
    /** Longer ones are made anew each time, so that hostile topics cannot fill the memory. */
    private static final int MAX_LENGTH = 256;

    private final boolean refuseControl;
    private @Nullable TopicName[] names = new @Nullable TopicName[FIRST_PLACES];
    private int[] hashes = new int[FIRST_PLACES];
    private int used;
    private int victim;

    /** Without names. */
    public TopicNames(boolean refuseControlCharacters) {
        this.refuseControl = refuseControlCharacters;
    }

    /**
     * The topic name with these bytes.
     *
     * @param length at least 1
     * @throws DisconnectException with Malformed Packet for what is no UTF-8 string (MQTT-3.3.2-1), with Topic Name invalid
     *     for one with a wildcard (MQTT-3.3.2-2)
     */
    public TopicName intern(ByteBuf in, int index, int length) {
        if (length > MAX_LENGTH) {
            return make(in, index, length);
        }
        int hash = hash(in, index, length);
        int set = hash & (names.length - WAYS);
        for (int i = set; i < set + WAYS; i++) {
            TopicName name = names[i];
            if (name != null && hashes[i] == hash && same(name.utf8(), in, index, length)) {
                return name;
            }
        }
        TopicName name = make(in, index, length);
        put(name, hash);
        return name;
    }

    private void put(TopicName name, int hash) {
        if (used > names.length / 2 && names.length < MAX_PLACES) {
            grow();
        }
        int set = hash & (names.length - WAYS);
        int place = set + (victim++ & (WAYS - 1));
        for (int i = set; i < set + WAYS; i++) {
            if (names[i] == null) {
                place = i;
                used++;
                break;
            }
        }
        names[place] = name;
        hashes[place] = hash;
    }

    private void grow() {
        @Nullable TopicName[] oldNames = names;
        int[] oldHashes = hashes;
        names = new @Nullable TopicName[oldNames.length * 4];
        hashes = new int[names.length];
        used = 0;
        for (int i = 0; i < oldNames.length; i++) {
            TopicName name = oldNames[i];
            if (name != null) {
                put(name, oldHashes[i]);
            }
        }
    }

    private TopicName make(ByteBuf in, int index, int length) {
        Utf8.check(in, index, length, refuseControl);
        byte[] utf8 = new byte[length];
        in.getBytes(index, utf8);
        for (byte b : utf8) {
            if (b == '+' || b == '#') { // MQTT-3.3.2-2, MQTT-4.7.0-1
                throw new DisconnectException(ReasonCode.TOPIC_NAME_INVALID, "a topic name with a wildcard");
            }
        }
        return TopicName.ofValid(utf8);
    }

    private static int hash(ByteBuf in, int index, int length) {
        long h = length;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            h = (h ^ in.getLongLE(index + i)) * 0x9E37_79B9_7F4A_7C15L;
            h ^= h >>> 32;
        }
        long tail = 0;
        for (; i < length; i++) {
            tail = (tail << 8) | (in.getByte(index + i) & 0xFF);
        }
        h = (h ^ tail) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (h ^ (h >>> 29));
    }

    private static boolean same(byte[] utf8, ByteBuf in, int index, int length) {
        if (utf8.length != length) {
            return false;
        }
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            if ((long) LONGS.get(utf8, i) != in.getLongLE(index + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (utf8[i] != in.getByte(index + i)) {
                return false;
            }
        }
        return true;
    }
}
