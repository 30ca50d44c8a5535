package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one packet, and nothing beyond its end. One object per decoder, pointed at one packet after the other;
 * owned by its loop.
 */
final class PacketReader {
    /** The largest Variable Byte Integer. */
    static final int MAX_VARIABLE = 268_435_455;

    private final boolean refuseControl;
    private ByteBuf in = io.netty.buffer.Unpooled.EMPTY_BUFFER;
    private int position;
    private int end;

    PacketReader(boolean refuseControl) {
        this.refuseControl = refuseControl;
    }

    void reset(ByteBuf buffer, int from, int to) {
        in = buffer;
        position = from;
        end = to;
    }

    /** Lets go of the buffer. */
    void clear() {
        in = io.netty.buffer.Unpooled.EMPTY_BUFFER;
    }

    ByteBuf buffer() {
        return in;
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    private int take(int bytes) {
        if (bytes > end - position) {
            throw malformed("a field goes beyond the end of the packet");
        }
        int at = position;
        position += bytes;
        return at;
    }

    int int8() {
        return in.getUnsignedByte(take(1));
    }

    int int16() {
        return in.getUnsignedShort(take(2));
    }

    long int32() {
        return in.getUnsignedInt(take(4));
    }

    /** A Variable Byte Integer in its shortest form (MQTT-1.5.5-1). */
    int variable() {
        int value = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            int b = int8();
            value |= (b & 0x7F) << shift;
            if ((b & 0x80) == 0) {
                if (b == 0 && shift > 0) {
                    throw malformed("a variable byte integer is padded"); // MQTT-1.5.5-1
                }
                return value;
            }
        }
        throw malformed("a variable byte integer has more than four bytes");
    }

    /** A UTF-8 string (MQTT-1.5.4-1, MQTT-1.5.4-2). */
    String string() {
        int length = int16();
        int at = take(length);
        Utf8.check(in, at, length, refuseControl);
        return in.toString(at, length, StandardCharsets.UTF_8);
    }

    /** Passes over a UTF-8 string after a check of it; its length in bytes. */
    int skipString() {
        int length = int16();
        Utf8.check(in, take(length), length, refuseControl);
        return length;
    }

    byte[] binary() {
        return bytes(int16());
    }

    byte[] bytes(int length) {
        int at = take(length);
        byte[] value = new byte[length];
        in.getBytes(at, value);
        return value;
    }

    void skip(int bytes) {
        take(bytes);
    }

    /** A topic name that may have length 0: then null. */
    @org.jspecify.annotations.Nullable TopicName topic(TopicNames names) {
        int length = int16();
        int at = take(length);
        return length == 0 ? null : names.intern(in, at, length);
    }

    /** A non-zero packet identifier (MQTT-2.2.1-3). */
    int packetId() {
        int id = int16();
        if (id == 0) {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "packet identifier 0"); // MQTT-2.2.1-3
        }
        return id;
    }

    /** All fields are read: nothing may be left. */
    void expectEnd() {
        if (position != end) {
            throw malformed((end - position) + " bytes too many in the packet");
        }
    }

    static DisconnectException malformed(String detail) {
        return new DisconnectException(ReasonCode.MALFORMED_PACKET, detail);
    }
}
