package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;

/** What a client can be sent, in numbers and places in a buffer: nothing is allocated for a packet. */
interface PacketHandler {
    /** A CONNACK; {@code receiveMaximum} is 65535 where the broker did not say. */
    void connAck(int reasonCode, int receiveMaximum);

    /** A SUBACK, with its first reason code. */
    void subAck(int packetId, int reasonCode);

    /** A PUBLISH. The payload lies in {@code buffer} from {@code payload} on; packet id is 0 with QoS 0. */
    void publish(ByteBuf buffer, int payload, int length, int qos, int packetId);

    /** A PUBACK, PUBREC, PUBREL or PUBCOMP; reason code is 0 where the packet has none. */
    void ack(int type, int packetId, int reasonCode);

    /** The broker says why it is about to close: 5.0 only. */
    void disconnect(int reasonCode);
}
