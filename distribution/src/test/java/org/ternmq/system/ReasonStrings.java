package org.ternmq.system;

import java.util.Arrays;

/** Takes the Reason String out of a packet of 5.0 as the broker sends it: what it says is the broker's own affair. */
final class ReasonStrings {
    private static final int REASON_STRING = 0x1F;

    private ReasonStrings() {}

    /** The packet without it, in the shortest form that there is then; the packet itself if it has none. */
    static RawPacket removed(RawPacket packet) {
        int properties = switch (packet.type()) {
            case RawPacket.CONNACK, RawPacket.SUBACK, RawPacket.UNSUBACK -> 2;
            case RawPacket.PUBACK, RawPacket.PUBREC, RawPacket.PUBREL, RawPacket.PUBCOMP -> 3;
            case RawPacket.DISCONNECT -> 1;
            default -> Integer.MAX_VALUE;
        };
        byte[] body = packet.body();
        if (body.length <= properties) {
            return packet;
        }
        int length = variableByteInteger(body, properties);
        int from = properties + new Bytes().varInt(length).toArray().length;
        int end = from + length;
        Bytes kept = new Bytes();
        int at = from;
        while (at < end) {
            int next = at + 1 + size(body, at);
            if (body[at] != REASON_STRING) {
                kept.bytes(Arrays.copyOfRange(body, at, next));
            }
            at = next;
        }
        if (kept.toArray().length == length) {
            return packet;
        }
        return new RawPacket(packet.first(), without(packet, properties, kept, end));
    }

    private static byte[] without(RawPacket packet, int properties, Bytes kept, int end) {
        byte[] body = packet.body();
        Bytes shorter = new Bytes().bytes(Arrays.copyOf(body, properties));
        boolean mayEnd = packet.type() != RawPacket.CONNACK && end == body.length && kept.toArray().length == 0;
        if (!mayEnd || packet.type() == RawPacket.SUBACK || packet.type() == RawPacket.UNSUBACK) {
            return shorter.counted(kept)
                    .bytes(Arrays.copyOfRange(body, end, body.length))
                    .toArray();
        }
        int codeAt = properties - 1;
        return Arrays.copyOf(body, body[codeAt] == 0 ? codeAt : properties); // 3.4.2.1, 3.14.2.1
    }

    private static int variableByteInteger(byte[] body, int at) {
        int value = 0;
        int shift = 0;
        int next;
        do {
            next = body[at + shift / 7] & 0xFF;
            value |= (next & 127) << shift;
            shift += 7;
        } while (next > 127);
        return value;
    }

    /** Of the value that follows an identifier. */
    private static int size(byte[] body, int at) {
        return switch (body[at]) {
            case 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A -> 1;
            case 0x13, 0x21, 0x22 -> 2;
            case 0x11, 0x27 -> 4;
            case 0x12, 0x15, 0x16, 0x1A, 0x1C, REASON_STRING -> string(body, at + 1);
            case 0x26 -> string(body, at + 1) + string(body, at + 1 + string(body, at + 1));
            default -> throw new AssertionError("property " + body[at] + " from the broker");
        };
    }

    private static int string(byte[] body, int at) {
        return 2 + ((body[at] & 0xFF) << 8 | body[at + 1] & 0xFF);
    }
}
