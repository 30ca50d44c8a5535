package org.ternmq.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ternmq.conformance.PacketNotation;

/**
 * A packet that is expected.
 *
 * @param values its bytes, {@link PacketNotation#ANY} where any will do
 */
record PacketPattern(int[] values) {
    /** The packets that a text stands for, one after the other. */
    static List<PacketPattern> of(String text, int version, String word) {
        int[] all = PacketNotation.pattern(text, version, word);
        List<PacketPattern> packets = new ArrayList<>();
        int from = 0;
        while (from < all.length) {
            int at = from + 1;
            int length = 0;
            int shift = 0;
            int next;
            do {
                next = all[at++];
                length |= (next & 127) << shift;
                shift += 7;
            } while (next > 127);
            if (at + length > all.length) {
                throw new IllegalArgumentException("not a whole packet: " + text);
            }
            packets.add(new PacketPattern(Arrays.copyOfRange(all, from, at + length)));
            from = at + length;
        }
        return packets;
    }

    boolean isPublish() {
        return values[0] >> 4 == RawPacket.PUBLISH;
    }

    boolean matches(byte[] packet) {
        if (packet.length != values.length) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] != PacketNotation.ANY && values[i] != (packet[i] & 0xFF)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(values.length * 2);
        for (int value : values) {
            text.append(value == PacketNotation.ANY ? ".." : String.format("%02x", value));
        }
        return text.toString();
    }
}
