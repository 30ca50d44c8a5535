package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Looks at UTF-8 without decoding it: strict by RFC 3629, eight plain ASCII characters at a step. */
public final class Utf8 {
    /** Not UTF-8: an overlong or cut sequence, a surrogate, a value above U+10FFFF (MQTT-1.5.4-1, 3.1.1: MQTT-1.5.3-1). */
    public static final int ILL_FORMED = 1;
    /** Has U+0000, which no string of MQTT may have, but a payload may (MQTT-1.5.4-2, 3.1.1: MQTT-1.5.3-2). */
    public static final int NUL = 1 << 1;
    /** Has U+0001 to U+001F, U+007F to U+009F or a non-character, which a receiver may refuse (1.5.4). */
    public static final int DISCOURAGED = 1 << 2;
    /** Has {@code +} or {@code #}, which no topic name may have (MQTT-4.7.0-1, 3.1.1: MQTT-4.7.1-1). */
    public static final int WILDCARD = 1 << 3;

    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long ONES = 0x0101010101010101L;
    private static final long BLANKS = 0x20 * ONES;
    private static final long PLUSES = '+' * ONES;
    private static final long HASHES = '#' * ONES;

    private Utf8() {}

    /**
     * What there is to say about some bytes.
     *
     * @return 0 for plain text; {@link #ILL_FORMED} alone; or any of the other flags together
     */
    public static int scan(ByteBuf in, int index, int length) {
        int end = index + length;
        int i = index;
        int found = 0;
        while (i < end) {
            if (end - i >= Long.BYTES && isPlain(in.getLong(i))) {
                i += Long.BYTES;
                continue;
            }
            int b = in.getByte(i);
            if (b >= 0) {
                found |= ofAscii(b);
                i++;
                continue;
            }
            int size = sequenceLength(b);
            if (size == 0 || size > end - i) {
                return ILL_FORMED;
            }
            int codePoint = codePoint(in, i, b, size);
            if (codePoint < 0) {
                return ILL_FORMED;
            }
            if (isDiscouraged(codePoint)) {
                found |= DISCOURAGED;
            }
            i += size;
        }
        return found;
    }

    /** Whether a payload is well-formed UTF-8, as Payload Format Indicator 1 promises (3.3.2.3.2). */
    public static boolean isWellFormed(byte[] bytes) {
        return scan(Unpooled.wrappedBuffer(bytes), 0, bytes.length) != ILL_FORMED;
    }

    /** Eight characters between blank and tilde, no wildcard among them. */
    private static boolean isPlain(long w) {
        // Without a byte above 7E or below 20 no sum carries and no difference borrows, so any set bit 7 is a hit.
        return ((w | (w + ONES) | (w - BLANKS) | hasZero(w ^ PLUSES) | hasZero(w ^ HASHES)) & HIGH_BITS) == 0;
    }

    private static long hasZero(long w) {
        return (w - ONES) & ~w;
    }

    private static int ofAscii(int b) {
        if (b < 0x20) {
            return b == 0 ? NUL : DISCOURAGED;
        }
        if (b == '+' || b == '#') {
            return WILDCARD;
        }
        return b == 0x7F ? DISCOURAGED : 0;
    }

    private static int sequenceLength(int lead) {
        int b = lead & 0xFF;
        if (b < 0xC2) {
            return 0; // a continuation byte, or the overlong C0, C1
        }
        if (b < 0xE0) {
            return 2;
        }
        if (b < 0xF0) {
            return 3;
        }
        return b < 0xF5 ? 4 : 0;
    }

    /** The character of a sequence, or a negative number if it is none. */
    private static int codePoint(ByteBuf in, int index, int lead, int size) {
        int value = lead & (0x7F >> size);
        for (int i = 1; i < size; i++) {
            int b = in.getByte(index + i);
            if ((b & 0xC0) != 0x80) {
                return -1;
            }
            value = value << 6 | (b & 0x3F);
        }
        boolean surrogate = value >= 0xD800 && value <= 0xDFFF;
        boolean overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
        return surrogate || overlong || value > 0x10FFFF ? -1 : value;
    }

    private static boolean isDiscouraged(int codePoint) {
        return codePoint < 0xA0 || (codePoint >= 0xFDD0 && codePoint <= 0xFDEF) || (codePoint & 0xFFFE) == 0xFFFE;
    }
}
