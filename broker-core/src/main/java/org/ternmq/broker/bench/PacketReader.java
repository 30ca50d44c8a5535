package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.DecoderException;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into packets and hands on what a client wants to know of them. Belongs to the event loop of its
 * connection.
 */
final class PacketReader {
    private static final int RECEIVE_MAXIMUM = 0x21;

    private final int protocol;
    private final PacketHandler handler;

    /** The beginning of a packet whose end has not arrived. */
    private @Nullable ByteBuf rest;

    PacketReader(int protocol, PacketHandler handler) {
        this.protocol = protocol;
        this.handler = handler;
    }

    /** Reads all that is in {@code in}; keeps what is not a whole packet. The caller releases {@code in}. */
    void read(ByteBuf in, ByteBufAllocator allocator) {
        ByteBuf kept = rest;
        if (kept == null) {
            packets(in);
            if (in.isReadable()) {
                rest = allocator.buffer(Math.max(512, 2 * in.readableBytes())).writeBytes(in);
            }
            return;
        }
        kept.writeBytes(in);
        packets(kept);
        if (kept.isReadable()) {
            kept.discardSomeReadBytes();
        } else {
            close();
        }
    }

    /** Lets go of what was kept. */
    void close() {
        if (rest != null) {
            rest.release();
            rest = null;
        }
    }

    private void packets(ByteBuf in) {
        while (in.readableBytes() >= 2) {
            int start = in.readerIndex();
            int index = start + 1;
            int length = 0;
            for (int shift = 0; ; shift += 7) {
                if (index == in.writerIndex()) {
                    return;
                }
                if (shift > 21) {
                    throw malformed("remaining length of more than four bytes"); // MQTT-1.5.5
                }
                byte b = in.getByte(index++);
                length |= (b & 0x7F) << shift;
                if (b >= 0) {
                    break;
                }
            }
            int end = index + length;
            if (end > in.writerIndex()) {
                return;
            }
            packet(in, in.getUnsignedByte(start), index, end);
            in.readerIndex(end);
        }
    }

    private void packet(ByteBuf in, int first, int index, int end) {
        int type = first >> 4;
        switch (type) {
            case Packets.PUBLISH -> publish(in, first >> 1 & 3, index, end);
            case Packets.PUBACK, Packets.PUBREC, Packets.PUBREL, Packets.PUBCOMP -> {
                need(index + 2, end);
                handler.ack(type, in.getUnsignedShort(index), end - index > 2 ? in.getUnsignedByte(index + 2) : 0);
            }
            case Packets.SUBACK -> {
                need(index + 3, end);
                int codes = protocol == 5 ? afterProperties(in, index + 2, end) : index + 2;
                need(codes + 1, end);
                handler.subAck(in.getUnsignedShort(index), in.getUnsignedByte(codes));
            }
            case Packets.CONNACK -> {
                need(index + 2, end);
                int maximum = protocol == 5 && end - index > 2 ? receiveMaximum(in, index + 2, end) : 65535;
                handler.connAck(in.getUnsignedByte(index + 1), maximum);
            }
            case Packets.DISCONNECT -> handler.disconnect(end > index ? in.getUnsignedByte(index) : 0);
            case Packets.PINGRESP -> {}
            default -> throw malformed("packet type " + type);
        }
    }

    private void publish(ByteBuf in, int qos, int index, int end) {
        need(index + 2, end);
        int next = index + 2 + in.getUnsignedShort(index);
        int packetId = 0;
        if (qos > 0) {
            need(next + 2, end);
            packetId = in.getUnsignedShort(next);
            next += 2;
        }
        if (protocol == 5) {
            next = afterProperties(in, next, end);
        }
        need(next, end);
        handler.publish(in, next, end - next, qos, packetId);
    }

    private static int afterProperties(ByteBuf in, int index, int end) {
        int next = index;
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            need(next + 1, end);
            if (shift > 21) {
                throw malformed("length of properties of more than four bytes");
            }
            byte b = in.getByte(next++);
            length |= (b & 0x7F) << shift;
            if (b >= 0) {
                break;
            }
        }
        need(next + length, end);
        return next + length;
    }

    private static int receiveMaximum(ByteBuf in, int index, int end) {
        int last = afterProperties(in, index, end);
        int next = index;
        while (in.getByte(next) < 0) {
            next++;
        }
        next++;
        while (next < last) {
            int id = in.getUnsignedByte(next++);
            if (id == RECEIVE_MAXIMUM) {
                need(next + 2, last);
                return in.getUnsignedShort(next);
            }
            next = afterValue(in, id, next, last);
        }
        return 65535;
    }

    /** The properties of CONNACK, by the type of their values (MQTT 5.0, 2.2.2.2). */
    private static int afterValue(ByteBuf in, int id, int index, int last) {
        return switch (id) {
            case 0x24, 0x25, 0x28, 0x29, 0x2A -> index + 1;
            case 0x13, 0x22 -> index + 2;
            case 0x11, 0x27 -> index + 4;
            case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> afterString(in, index, last);
            case 0x26 -> afterString(in, afterString(in, index, last), last);
            default -> throw malformed("property " + id + " in CONNACK");
        };
    }

    private static int afterString(ByteBuf in, int index, int last) {
        need(index + 2, last);
        return index + 2 + in.getUnsignedShort(index);
    }

    private static void need(int index, int end) {
        if (index > end) {
            throw malformed("shorter than what is in it");
        }
    }

    private static DecoderException malformed(String what) {
        return new DecoderException("malformed packet: " + what);
    }
}
