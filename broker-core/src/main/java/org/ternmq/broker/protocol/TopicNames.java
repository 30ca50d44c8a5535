package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The topic names that the connections of one event loop have used lately, found by the bytes on the wire, so that a
 * PUBLISH on a known topic costs neither a String nor a check of its characters. Owned by that event loop.
 *
 * <p>A cache and no registry: topics are compared by value everywhere else. It is bounded in entries and bytes whatever
 * clients send: a topic has {@value #WINDOW} places, a newcomer that finds all of them taken pushes one out.
 */
public final class TopicNames {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final int WINDOW = 8;
    private static final int FIRST_SLOTS = 256;
    /** Longer topics are rare and made anew each time. */
    private static final int LONGEST = 1024;
    /** What an entry takes beside twice its bytes: three objects and its slot. */
    private static final int OVERHEAD = 112;

    private final boolean allowControlCharacters;
    private final int maximumSlots;
    private final int budget;

    private @Nullable TopicName[] slots = new @Nullable TopicName[FIRST_SLOTS];
    private int[] hashes = new int[FIRST_SLOTS];
    private int footprint;
    private int victim;
    private int sweep;

    /** A cache of up to 64 Ki topics and 16 MiB that refuses control characters and non-characters. */
    public TopicNames() {
        this(false, 1 << 16, 16 << 20);
    }

    /**
     * A cache.
     *
     * @param allowControlCharacters whether strings may have U+0001 to U+001F, U+007F to U+009F and non-characters; the
     *     decoders that use this cache treat all strings alike, since a topic that is let in reaches others (5.4.9)
     * @param maximumEntries a power of two, 256 or more
     * @param maximumBytes the estimated memory it may take
     */
    public TopicNames(boolean allowControlCharacters, int maximumEntries, int maximumBytes) {
        if (maximumEntries < FIRST_SLOTS || Integer.bitCount(maximumEntries) != 1) {
            throw new IllegalArgumentException("maximumEntries " + maximumEntries);
        }
        this.allowControlCharacters = allowControlCharacters;
        this.maximumSlots = maximumEntries;
        this.budget = maximumBytes;
    }

    /** Whether strings may have control characters and non-characters. */
    public boolean allowControlCharacters() {
        return allowControlCharacters;
    }

    /**
     * The topic name of some bytes.
     *
     * @throws DisconnectException if they are none: MALFORMED_PACKET for what is no string of MQTT, TOPIC_NAME_INVALID for an
     *     empty one or one with a wildcard
     */
    public TopicName intern(ByteBuf in, int index, int length) {
        if (length > LONGEST) {
            return make(in, index, length);
        }
        int hash = hash(in, index, length);
        int base = hash & (slots.length - 1);
        for (int i = 0; i < WINDOW; i++) {
            int slot = (base + i) & (slots.length - 1);
            TopicName name = slots[slot];
            if (name != null && hashes[slot] == hash && same(name.utf8(), in, index, length)) {
                return name;
            }
        }
        TopicName name = make(in, index, length);
        keep(name, hash);
        return name;
    }

    /** How many topics it holds. */
    public int size() {
        int n = 0;
        for (TopicName name : slots) {
            if (name != null) {
                n++;
            }
        }
        return n;
    }

    /** The memory it takes, estimated. */
    public int footprint() {
        return footprint;
    }

    /**
     * The topic name of a text that comes from inside, such as a plugin.
     *
     * @throws IllegalArgumentException if it is no valid topic name, in words
     */
    public static TopicName checked(String text, boolean allowControlCharacters) {
        byte[] utf8 = Wire.checkedUtf8("topic", text, allowControlCharacters);
        if (utf8.length == 0) {
            throw new IllegalArgumentException("topic: empty"); // MQTT-4.7.3-1
        }
        if (text.indexOf('+') >= 0 || text.indexOf('#') >= 0) {
            throw new IllegalArgumentException("topic: has a wildcard: " + text); // MQTT-4.7.0-1
        }
        return TopicName.ofValid(utf8);
    }

    private TopicName make(ByteBuf in, int index, int length) {
        if (length == 0) {
            // MQTT-4.7.3-1
            throw new DisconnectException(ReasonCode.TOPIC_NAME_INVALID, "topic name is empty [MQTT-4.7.3-1]");
        }
        int found = Utf8.scan(in, index, length);
        Wire.checkString(found, allowControlCharacters);
        if ((found & Utf8.WILDCARD) != 0) {
            // MQTT-3.3.2-2, MQTT-4.7.0-1
            throw new DisconnectException(
                    ReasonCode.TOPIC_NAME_INVALID,
                    "topic name has a wildcard: " + in.toString(index, Math.min(length, 200), StandardCharsets.UTF_8)
                            + " [MQTT-3.3.2-2]");
        }
        byte[] utf8 = new byte[length];
        in.getBytes(index, utf8);
        return TopicName.ofValid(utf8);
    }

    private void keep(TopicName name, int hash) {
        int slot = freeSlot(hash);
        while (slot < 0 && slots.length < maximumSlots) {
            grow();
            slot = freeSlot(hash);
        }
        if (slot < 0) {
            slot = (hash + (victim++ & (WINDOW - 1))) & (slots.length - 1);
            clear(slot);
        }
        slots[slot] = name;
        hashes[slot] = hash;
        footprint += cost(name);
        while (footprint > budget) {
            clear(sweep++ & (slots.length - 1));
        }
    }

    private int freeSlot(int hash) {
        for (int i = 0; i < WINDOW; i++) {
            int slot = (hash + i) & (slots.length - 1);
            if (slots[slot] == null) {
                return slot;
            }
        }
        return -1;
    }

    private void clear(int slot) {
        TopicName old = slots[slot];
        if (old != null) {
            footprint -= cost(old);
            slots[slot] = null;
        }
    }

    private void grow() {
        @Nullable TopicName[] oldSlots = slots;
        int[] oldHashes = hashes;
        slots = new @Nullable TopicName[oldSlots.length * 2];
        hashes = new int[slots.length];
        for (int i = 0; i < oldSlots.length; i++) {
            TopicName name = oldSlots[i];
            if (name != null) {
                int slot = freeSlot(oldHashes[i]);
                if (slot < 0) {
                    footprint -= cost(name);
                } else {
                    slots[slot] = name;
                    hashes[slot] = oldHashes[i];
                }
            }
        }
    }

    private static int cost(TopicName name) {
        return OVERHEAD + 2 * name.utf8().length;
    }

    private static int hash(ByteBuf in, int index, int length) {
        long h = length;
        int i = index;
        int end = index + length;
        for (; end - i >= Long.BYTES; i += Long.BYTES) {
            h = (h ^ in.getLong(i)) * 0x9E3779B97F4A7C15L;
            h ^= h >>> 32;
        }
        for (; i < end; i++) {
            h = h * 31 + in.getByte(i);
        }
        h *= 0x9E3779B97F4A7C15L;
        return (int) (h >>> 32);
    }

    private static boolean same(byte[] utf8, ByteBuf in, int index, int length) {
        if (utf8.length != length) {
            return false;
        }
        int i = 0;
        for (; length - i >= Long.BYTES; i += Long.BYTES) {
            if ((long) LONGS.get(utf8, i) != in.getLong(index + i)) {
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
