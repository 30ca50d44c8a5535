package org.ternmq.broker.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A valid topic name: its bytes as they travel, its text, and its hash, all worked out once. Immutable; the decoder
 * {@linkplain TopicNames interns} them, so that a message costs no String.
 *
 * <p>The natural order sorts by bytes with {@code /} below every other byte, so that a topic is directly followed by all
 * topics below it: {@code a}, {@code a/b}, {@code a/b/c}, {@code a!}.
 */
public final class TopicName implements Comparable<TopicName> {
    private final byte[] utf8;
    private final String text;
    private final int hash;

    private TopicName(byte[] utf8, String text, int hash) {
        this.utf8 = utf8;
        this.text = text;
        this.hash = hash;
    }

    /** Takes over valid bytes; only for the decoder and for what was valid before (a store, a plugin after a check). */
    public static TopicName ofValid(byte[] utf8) {
        return new TopicName(utf8, new String(utf8, StandardCharsets.UTF_8), hash(utf8));
    }

    /** A topic known to be valid. */
    public static TopicName ofValid(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return new TopicName(utf8, text, hash(utf8));
    }

    private static int hash(byte[] utf8) {
        int h = 0;
        for (byte b : utf8) {
            h = 31 * h + b;
        }
        return h ^ (h >>> 16);
    }

    /** The bytes on the wire, without the length in front; not to be changed. */
    public byte[] utf8() {
        return utf8;
    }

    /** Whether it starts with {@code $} and so is hidden from filters that start with a wildcard (MQTT-4.7.2-1). */
    public boolean isDollar() {
        return utf8[0] == '$';
    }

    /** How many levels it has: one more than slashes. */
    public int levels() {
        int levels = 1;
        for (byte b : utf8) {
            if (b == '/') {
                levels++;
            }
        }
        return levels;
    }

    @Override
    public boolean equals(Object o) {
        return this == o || (o instanceof TopicName t && hash == t.hash && Arrays.equals(utf8, t.utf8));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public int compareTo(TopicName other) {
        int i = Arrays.mismatch(utf8, other.utf8);
        if (i < 0) {
            return 0;
        }
        if (i >= utf8.length || i >= other.utf8.length) {
            return utf8.length - other.utf8.length;
        }
        return rank(utf8[i]) - rank(other.utf8[i]);
    }

    private static int rank(byte b) {
        return b == '/' ? 0 : 1 + (b & 0xFF);
    }

    /** The topic as text. */
    @Override
    public String toString() {
        return text;
    }
}
