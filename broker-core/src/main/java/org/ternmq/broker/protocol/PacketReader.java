package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * A place in a packet that is there as a whole, and the fields read from it. A field that does not fit is a malformed
 * packet. Owned by its decoder; never moves the buffer's own reader index.
 */
final class PacketReader {
    private final boolean allowControlCharacters;

    private ByteBuf in = Unpooled.EMPTY_BUFFER;
    private int position;
    private int end;
    private int found;

    PacketReader(boolean allowControlCharacters) {
        this.allowControlCharacters = allowControlCharacters;
    }

    /** Starts at the first byte behind the fixed header. */
    void open(ByteBuf buffer, int from, int to) {
        in = buffer;
        position = from;
        end = to;
    }

    /** Lets go of the buffer. */
    void close() {
        in = Unpooled.EMPTY_BUFFER;
    }

    ByteBuf buffer() {
        return in;
    }

    int position() {
        return position;
    }

    int end() {
        return end;
    }

    int remaining() {
        return end - position;
    }

    boolean hasMore() {
        return position < end;
    }

    /** Moves the end, to a set of properties and back. */
    void end(int to) {
        end = to;
    }

    int unsignedByte() {
        return in.getUnsignedByte(take(1));
    }

    int twoBytes() {
        return in.getUnsignedShort(take(2));
    }

    long fourBytes() {
        return in.getUnsignedInt(take(4));
    }

    int variableByteInteger() {
        int b = unsignedByte();
        int value = b & 0x7F;
        for (int shift = 7; b > 0x7F; shift += 7) {
            if (shift > 21) {
                throw Wire.malformed("variable byte integer of more than four bytes [1.5.5]");
            }
            b = unsignedByte();
            value |= (b & 0x7F) << shift;
            if (b == 0) {
                throw Wire.malformed("variable byte integer is not in its shortest form [MQTT-1.5.5-1]");
            }
        }
        return value;
    }

    /** Passes over a number of bytes and says where they start. */
    int take(int bytes) {
        int at = position;
        if (bytes > end - at) {
            throw Wire.malformed("a field ends behind its packet [2.1.4]");
        }
        position = at + bytes;
        return at;
    }

    /** Passes over a field with its length in front. */
    void skipBinary() {
        take(twoBytes());
    }

    /** Passes over a string, which it checks. */
    void skipString() {
        int length = twoBytes();
        found = Utf8.scan(in, take(length), length);
        Wire.checkString(found, allowControlCharacters);
    }

    /** Whether the string read last has a wildcard. */
    boolean wildcard() {
        return (found & Utf8.WILDCARD) != 0;
    }

    String string() {
        int at = position + 2;
        skipString();
        return in.toString(at, position - at, StandardCharsets.UTF_8);
    }

    byte[] binary() {
        return bytes(twoBytes());
    }

    byte[] rest() {
        return bytes(end - position);
    }

    /** Demands that nothing is left. */
    void finish() {
        if (position != end) {
            throw Wire.malformed(end - position + " surplus bytes in the packet [2.1.4]");
        }
    }

    private byte[] bytes(int length) {
        int at = take(length);
        if (length == 0) {
            return Wire.EMPTY;
        }
        byte[] bytes = new byte[length];
        in.getBytes(at, bytes);
        return bytes;
    }
}
