package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Builds the packets that a client sends, all but PUBLISH ({@link PublishTemplate}). */
final class Packets {
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBACK = 9;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    /** In seconds; a PINGREQ is sent more often than this. */
    static final int KEEP_ALIVE = 90;

    private static final long SESSION_EXPIRY_SECONDS = 3600;

    private Packets() {}

    /** CONNECT; a session that is not {@code clean} is kept by the broker for an hour, or for ever with 3.1.1. */
    static byte[] connect(
            int protocol, String clientId, boolean clean, Optional<String> username, Optional<String> password) {
        ByteBuf body = Unpooled.buffer();
        string(body, "MQTT");
        body.writeByte(protocol);
        body.writeByte((username.isPresent() ? 0x80 : 0) | (password.isPresent() ? 0x40 : 0) | (clean ? 0x02 : 0));
        body.writeShort(KEEP_ALIVE);
        if (protocol == 5) {
            if (clean) {
                body.writeByte(0);
            } else {
                body.writeByte(5).writeByte(0x11).writeInt((int) SESSION_EXPIRY_SECONDS);
            }
        }
        string(body, clientId);
        username.ifPresent(name -> string(body, name));
        password.ifPresent(word -> string(body, word));
        return packet(0x10, body);
    }

    static byte[] subscribe(int protocol, int packetId, String topicFilter, int qos) {
        ByteBuf body = Unpooled.buffer();
        body.writeShort(packetId);
        if (protocol == 5) {
            body.writeByte(0);
        }
        string(body, topicFilter);
        body.writeByte(qos);
        return packet(0x82, body);
    }

    /** A PUBLISH with an empty payload, which removes what the topic has retained (MQTT-3.3.1-6). */
    static byte[] clearRetained(int protocol, String topic) {
        ByteBuf body = Unpooled.buffer();
        string(body, topic);
        if (protocol == 5) {
            body.writeByte(0);
        }
        return packet(PUBLISH << 4 | 1, body);
    }

    static byte[] pingReq() {
        return new byte[] {(byte) 0xC0, 0};
    }

    static byte[] disconnect() {
        return new byte[] {(byte) 0xE0, 0};
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP, with success for a reason: the short form, the same in both versions. */
    static void writeAck(ByteBuf out, int type, int packetId) {
        int flags = type == PUBREL ? 0x02 : 0; // MQTT-3.6.1-1
        out.writeInt((type << 4 | flags) << 24 | 2 << 16 | packetId);
    }

    static byte[] packet(int firstByte, ByteBuf body) {
        ByteBuf packet = Unpooled.buffer(body.readableBytes() + 5);
        packet.writeByte(firstByte);
        variableInteger(packet, body.readableBytes());
        packet.writeBytes(body);
        byte[] bytes = new byte[packet.readableBytes()];
        packet.readBytes(bytes);
        return bytes;
    }

    static void string(ByteBuf out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(utf8.length);
        out.writeBytes(utf8);
    }

    private static void variableInteger(ByteBuf out, int value) {
        int left = value;
        while (left > 0x7F) {
            out.writeByte(left & 0x7F | 0x80);
            left >>>= 7;
        }
        out.writeByte(left);
    }
}
