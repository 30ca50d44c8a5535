package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;

/** The first byte and the Remaining Length of a packet (2.1). */
final class FixedHeader {
    static final int CONNECT = 1;
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBSCRIBE = 8;
    static final int SUBACK = 9;
    static final int UNSUBSCRIBE = 10;
    static final int UNSUBACK = 11;
    static final int PINGREQ = 12;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;
    static final int AUTH = 15;

    /** The Remaining Length is not there as a whole. */
    static final long INCOMPLETE = -1;

    private FixedHeader() {}

    /**
     * Reads the Remaining Length: its value, and in the upper half how many bytes it takes; or {@link #INCOMPLETE}. Does not
     * refuse a padded one, which is lawful in 3.x.
     */
    static long remainingLength(ByteBuf in, int index) {
        int available = in.writerIndex() - index;
        int value = 0;
        for (int i = 0; i < available; i++) {
            int b = in.getByte(index + i);
            value |= (b & 0x7F) << 7 * i;
            if (b >= 0) {
                return (i + 1L) << 32 | value;
            }
            if (i == 3) {
                throw Wire.malformed("remaining length of more than four bytes [1.5.5]");
            }
        }
        return INCOMPLETE;
    }

    static int value(long remainingLength) {
        return (int) remainingLength;
    }

    static int size(long remainingLength) {
        return (int) (remainingLength >>> 32);
    }

    /** Whether it takes more bytes than it needs (MQTT-1.5.5-1). */
    static boolean padded(long remainingLength) {
        return size(remainingLength) != Wire.variableByteIntegerSize(value(remainingLength));
    }

    /** Refuses a first byte that a client may not send after CONNECT. */
    static void checkFromClient(int first, MqttVersion version) {
        int flags = first & 0x0F;
        switch (first >> 4) {
            case PUBLISH -> checkPublish(flags);
            case PUBACK, PUBREC, PUBCOMP, PINGREQ, DISCONNECT -> checkFlags(first, flags == 0);
            // 3.1 lets a client set DUP on a repetition.
            case PUBREL, SUBSCRIBE, UNSUBSCRIBE ->
                checkFlags(first, flags == 2 || (flags == 0x0A && version == MqttVersion.V3_1));
            case AUTH -> checkFlags(first, flags == 0 && version == MqttVersion.V5_0); // MQTT-3.15.1-1
            case CONNECT -> throw Wire.protocolError("a second CONNECT [MQTT-3.1.0-2]");
            default -> throw Wire.protocolError("packet type " + (first >> 4) + " from a client [2.1.2]");
        }
    }

    static void checkPublish(int flags) {
        int qos = flags >> 1 & 3;
        if (qos == 3) {
            throw Wire.malformed("PUBLISH with QoS 3 [MQTT-3.3.1-4]");
        }
        if (qos == 0 && flags > 1) {
            throw Wire.malformed("PUBLISH with QoS 0 and DUP [MQTT-3.3.1-2]");
        }
    }

    static void checkFlags(int first, boolean valid) {
        if (!valid) {
            // MQTT-2.1.3-1, 3.1.1: MQTT-2.2.2-2
            throw Wire.malformed("first byte 0x" + Integer.toHexString(first) + " [MQTT-2.1.3-1]");
        }
    }
}
