package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * One packet as it came from the network.
 *
 * @param first the first byte: type and flags
 * @param body all that follows the remaining length
 */
record RawPacket(int first, byte[] body) {
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBACK = 9;
    static final int UNSUBACK = 11;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    int type() {
        return first >> 4;
    }

    int u8(int at) {
        return body[at] & 0xFF;
    }

    int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    /** The reason code of a DISCONNECT of MQTT 5.0: 0 if it is left out (MQTT5 3.14.2.1). */
    int disconnectReason() {
        return body.length == 0 ? 0 : u8(0);
    }

    /** The reason code of PUBACK, PUBREC, PUBREL and PUBCOMP: 0 if it is left out, as always before 5.0. */
    int ackReason() {
        return body.length < 3 ? 0 : u8(2);
    }

    /**
     * A PUBLISH, taken apart.
     *
     * @param topic the topic name
     * @param payload as UTF-8
     * @param qos 0 to 2
     * @param dup the DUP flag
     * @param retain the RETAIN flag
     * @param packetId 0 with QoS 0
     * @param properties as they are, without their length; empty before 5.0
     */
    record Publish(
            String topic, String payload, int qos, boolean dup, boolean retain, int packetId, byte[] properties) {}

    Publish publish(int version) {
        int qos = first >> 1 & 3;
        int at = 2 + u16(0);
        String topic = new String(body, 2, at - 2, StandardCharsets.UTF_8);
        int packetId = 0;
        if (qos > 0) {
            packetId = u16(at);
            at += 2;
        }
        byte[] properties = new byte[0];
        if (version == 5) {
            int length = 0;
            int shift = 0;
            int next;
            do {
                next = u8(at++);
                length |= (next & 127) << shift;
                shift += 7;
            } while (next > 127);
            properties = Arrays.copyOfRange(body, at, at + length);
            at += length;
        }
        String payload = new String(body, at, body.length - at, StandardCharsets.UTF_8);
        return new Publish(topic, payload, qos, (first & 8) != 0, (first & 1) != 0, packetId, properties);
    }

    @Override
    public String toString() {
        return String.format("%02x ", first) + HexFormat.ofDelimiter(" ").formatHex(body);
    }
}
