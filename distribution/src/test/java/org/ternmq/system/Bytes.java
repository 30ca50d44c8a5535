package org.ternmq.system;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Bytes of MQTT, written by hand. Used by one thread. */
final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes u8(int value) {
        out.write(value);
        return this;
    }

    Bytes u16(int value) {
        return u8(value >> 8).u8(value);
    }

    Bytes u32(long value) {
        return u16((int) (value >> 16)).u16((int) value);
    }

    Bytes varInt(int value) {
        int rest = value;
        while (rest > 127) {
            u8(rest & 127 | 128);
            rest >>>= 7;
        }
        return u8(rest);
    }

    Bytes bytes(byte... value) {
        out.writeBytes(value);
        return this;
    }

    /** With its length before it. */
    Bytes text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return u16(utf8.length).bytes(utf8);
    }

    /** Another's bytes with their length before them, as a variable byte integer: properties, or a whole packet's rest. */
    Bytes counted(Bytes other) {
        return varInt(other.out.size()).bytes(other.toArray());
    }

    byte[] toArray() {
        return out.toByteArray();
    }
}
