package org.ternmq.broker.journal;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;

/**
 * The part of a session's queue that is in the store and not in memory: sequence numbers in the order in which the session
 * took them, with the size of each message and when it expires. Some 4 bytes a message: chunks of bytes, in which each number
 * is written as its difference from the one before.
 *
 * <p>A list and not a range, because messages of several publishers do not come in the order of their numbers, and because
 * the store may have more of the session's records than it has taken.
 *
 * <p>Owner: the recovery, then the session.
 */
public final class PagedTail {
    /** Some messages of a tail. */
    public static final class Entries {
        private long[] sequences = new long[8];
        private int[] footprints = new int[8];
        private int size;
        private long bytes;
        private boolean shared;

        private void add(long sequence, int footprint) {
            if (size == sequences.length) {
                sequences = Arrays.copyOf(sequences, size * 2);
                footprints = Arrays.copyOf(footprints, size * 2);
            }
            sequences[size] = sequence;
            footprints[size] = footprint;
            size++;
            bytes += footprint;
        }

        /** How many. */
        public int size() {
            return size;
        }

        /** Their bytes. */
        public long bytes() {
            return bytes;
        }

        /** Whether some may have come by a shared subscription. */
        public boolean shared() {
            return shared;
        }

        /** Their numbers. */
        public long[] sequences() {
            return Arrays.copyOf(sequences, size);
        }

        /** The size of one. */
        public int footprint(int index) {
            return footprints[index];
        }
    }

    private static final int FIRST_CHUNK = 32;
    private static final int FULL_CHUNK = 4096;
    /** The longest entry: three numbers of at most ten bytes. */
    private static final int LONGEST = 30;

    /** Begins with differences from 0, so that chunks can be put one behind the other in any order. */
    private static final class Chunk {
        private byte[] data = new byte[FIRST_CHUNK];
        private int start;
        private int end;
        private int count;
        private long bytes;
        private boolean shared;
        private long earliestExpiry = ApplicationMessage.NEVER;
        /** The entry before {@code start}, and the one before {@code end}. */
        private long readSequence;

        private long readFootprint;
        private long readExpiry;
        private long writtenSequence;
        private long writtenFootprint;
        private long writtenExpiry;
        private @Nullable Chunk next;

        boolean hasRoom() {
            return end + LONGEST <= FULL_CHUNK;
        }

        void add(long sequence, int footprint, long expiresAt) {
            if (end + LONGEST > data.length) {
                data = Arrays.copyOf(data, Math.max(end + LONGEST, Math.min(FULL_CHUNK, data.length * 3 / 2)));
            }
            boolean expires = expiresAt != ApplicationMessage.NEVER;
            put(zigzag(sequence - writtenSequence));
            put(zigzag(footprint - writtenFootprint) << 1 | (expires ? 1 : 0));
            writtenSequence = sequence;
            writtenFootprint = footprint;
            if (expires) {
                put(zigzag(expiresAt - writtenExpiry));
                writtenExpiry = expiresAt;
                earliestExpiry = Math.min(earliestExpiry, expiresAt);
            }
            count++;
            bytes += footprint;
        }

        private static long zigzag(long value) {
            return value << 1 ^ value >> 63;
        }

        private static long unzigzag(long value) {
            return value >>> 1 ^ -(value & 1);
        }

        private void put(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                data[end++] = (byte) (rest | 0x80);
                rest >>>= 7;
            }
            data[end++] = (byte) rest;
        }

        private long get() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte b = data[start++];
                value |= (long) (b & 0x7F) << shift;
                if (b >= 0) {
                    return value;
                }
            }
        }

        /** Takes the first entry: it is then {@code readSequence}, {@code readFootprint} and what is returned. */
        long read() {
            readSequence += unzigzag(get());
            long footprint = get();
            readFootprint += unzigzag(footprint >>> 1);
            count--;
            bytes -= readFootprint;
            if ((footprint & 1) == 0) {
                return ApplicationMessage.NEVER;
            }
            readExpiry += unzigzag(get());
            return readExpiry;
        }
    }

    private @Nullable Chunk first;
    private @Nullable Chunk last;
    private int size;
    private long bytes;
    private long highest;
    private long earliest = ApplicationMessage.NEVER;

    /** An empty tail. */
    public PagedTail() {}

    /** Messages in it. */
    public int size() {
        return size;
    }

    /** Their bytes. */
    public long bytes() {
        return bytes;
    }

    /** Bytes that it takes for its numbers. */
    long memory() {
        long sum = 0;
        for (Chunk chunk = first; chunk != null; chunk = chunk.next) {
            sum += chunk.data.length;
        }
        return sum;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** A number that none in it is above. */
    public long highest() {
        return highest;
    }

    /** A time before which none in it expires; exact after {@link #removeExpired}. */
    public long earliestExpiry() {
        return earliest;
    }

    /** Whether the first message may have come by a shared subscription. */
    public boolean beginsShared() {
        return first != null && first.shared;
    }

    /**
     * Adds a message behind all others.
     *
     * @param expiresAt {@link ApplicationMessage#NEVER} if it does not
     * @param shared whether it came by a shared subscription
     */
    public void add(long sequence, int footprint, long expiresAt, boolean shared) {
        Chunk chunk = last;
        if (chunk == null || !chunk.hasRoom()) {
            chunk = new Chunk();
            append(chunk);
        }
        chunk.add(sequence, footprint, expiresAt);
        chunk.shared |= shared;
        size++;
        bytes += footprint;
        highest = Math.max(highest, sequence);
        earliest = Math.min(earliest, expiresAt);
    }

    private void append(Chunk chunk) {
        Chunk before = last;
        if (before == null) {
            first = chunk;
        } else {
            before.next = chunk;
        }
        last = chunk;
    }

    /** Takes messages from the front, until there are so many or they have so many bytes; at least one, if there is one. */
    public Entries poll(int maxMessages, long maxBytes) {
        Entries taken = new Entries();
        Chunk chunk = first;
        while (chunk != null && taken.size < maxMessages && taken.bytes < maxBytes) {
            chunk.read();
            taken.add(chunk.readSequence, (int) chunk.readFootprint);
            taken.shared |= chunk.shared;
            if (chunk.count == 0) {
                chunk = dropFirst(chunk);
            }
        }
        size -= taken.size;
        bytes -= taken.bytes;
        if (size == 0) {
            earliest = ApplicationMessage.NEVER;
        }
        return taken;
    }

    private @Nullable Chunk dropFirst(Chunk chunk) {
        first = chunk.next;
        if (first == null) {
            last = null;
        }
        return first;
    }

    /** Takes all of another tail behind this one; it is empty afterwards. */
    public void takeAll(PagedTail other) {
        Chunk chunk = other.first;
        if (chunk != null) {
            append(chunk);
            last = other.last;
        }
        size += other.size;
        bytes += other.bytes;
        highest = Math.max(highest, other.highest);
        earliest = Math.min(earliest, other.earliest);
        other.earliest = ApplicationMessage.NEVER;
        other.first = null;
        other.last = null;
        other.size = 0;
        other.bytes = 0;
    }

    /** Takes from the front of another tail what surely came by no shared subscription, without looking at each message. */
    public void takeUnshared(PagedTail other) {
        Chunk chunk = other.first;
        while (chunk != null && !chunk.shared) {
            Chunk next = other.dropFirst(chunk);
            chunk.next = null;
            append(chunk);
            size += chunk.count;
            bytes += chunk.bytes;
            other.size -= chunk.count;
            other.bytes -= chunk.bytes;
            chunk = next;
        }
        highest = Math.max(highest, other.highest);
        earliest = Math.min(earliest, other.earliest);
    }

    /** Takes out what has expired, and looks only at chunks that have such messages. */
    public Entries removeExpired(long now) {
        Entries expired = new Entries();
        if (earliest > now) {
            return expired;
        }
        earliest = ApplicationMessage.NEVER;
        Chunk chunk = first;
        first = null;
        last = null;
        while (chunk != null) {
            Chunk next = chunk.next;
            chunk.next = null;
            if (chunk.earliestExpiry <= now) {
                keepUnexpired(chunk, now, expired);
            } else {
                append(chunk);
                earliest = Math.min(earliest, chunk.earliestExpiry);
            }
            chunk = next;
        }
        size -= expired.size;
        bytes -= expired.bytes;
        return expired;
    }

    private void keepUnexpired(Chunk chunk, long now, Entries expired) {
        Chunk kept = new Chunk();
        kept.shared = chunk.shared;
        while (chunk.count > 0) {
            long expiresAt = chunk.read();
            if (expiresAt <= now) {
                expired.shared |= chunk.shared;
                expired.add(chunk.readSequence, (int) chunk.readFootprint);
            } else {
                kept.add(chunk.readSequence, (int) chunk.readFootprint, expiresAt);
            }
        }
        if (kept.count > 0) {
            append(kept);
            earliest = Math.min(earliest, kept.earliestExpiry);
        }
    }
}
