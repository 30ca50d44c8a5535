package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A PUBLISH packet that is encoded once and copied for every message; packet id, sequence number and time stamp are written
 * over it. The payload begins with the number of the publisher (4 bytes), the sequence number (8) and the time stamp (8).
 */
final class PublishTemplate {
    static final int MINIMUM_PAYLOAD = 20;
    static final int SEQUENCE_OFFSET = 4;
    static final int TIME_OFFSET = 12;

    private final byte[] bytes;
    private final int packetIdIndex;
    private final int payloadIndex;

    PublishTemplate(int protocol, String topic, int qos, boolean retain, int publisher, int size) {
        ByteBuf body = Unpooled.buffer();
        Packets.string(body, topic);
        int packetIdInBody = body.writerIndex();
        if (qos > 0) {
            body.writeShort(0);
        }
        if (protocol == 5) {
            body.writeByte(0);
        }
        int payloadInBody = body.writerIndex();
        body.writeInt(publisher);
        body.writeZero(size - 4);
        int length = body.readableBytes();
        bytes = Packets.packet(Packets.PUBLISH << 4 | qos << 1 | (retain ? 1 : 0), body);
        int header = bytes.length - length;
        packetIdIndex = qos > 0 ? header + packetIdInBody : 0;
        payloadIndex = header + payloadInBody;
    }

    int length() {
        return bytes.length;
    }

    void write(ByteBuf out, int packetId, long sequence, long time) {
        int start = out.writerIndex();
        out.writeBytes(bytes);
        if (packetIdIndex > 0) {
            out.setShort(start + packetIdIndex, packetId);
        }
        out.setLong(start + payloadIndex + SEQUENCE_OFFSET, sequence);
        out.setLong(start + payloadIndex + TIME_OFFSET, time);
    }
}
