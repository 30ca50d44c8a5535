package org.ternmq.system;

import java.nio.charset.StandardCharsets;

/** Packets of a client with everything that {@link RawClient} leaves out: options, properties, several filters. */
final class Packets {
    private Packets() {}

    /** No properties. */
    static Bytes none() {
        return new Bytes();
    }

    /**
     * A CONNECT.
     *
     * @param version 4 or 5
     * @param flags the connect flags
     * @param properties left out before 5.0
     * @param payload client id and all that follows
     */
    static byte[] connect(int version, int flags, int keepAlive, Bytes properties, Bytes payload) {
        Bytes body = new Bytes().text("MQTT").u8(version).u8(flags).u16(keepAlive);
        if (version == 5) {
            body.counted(properties);
        }
        return new Bytes().u8(0x10).counted(body.bytes(payload.toArray())).toArray();
    }

    /** A CONNECT of 5.0 with Clean Start. */
    static byte[] connect(String clientId, Bytes properties) {
        return connect(5, 2, 60, properties, new Bytes().text(clientId));
    }

    /**
     * A will.
     *
     * @param properties left out before 5.0
     */
    static Bytes will(int version, Bytes payload, Bytes properties, String topic, String message) {
        if (version == 5) {
            payload.counted(properties);
        }
        return payload.text(topic).text(message);
    }

    /**
     * A SUBSCRIBE.
     *
     * @param properties left out before 5.0
     * @param filters each followed by its options, as a number
     */
    static byte[] subscribe(int version, int packetId, Bytes properties, Object... filters) {
        Bytes body = new Bytes().u16(packetId);
        if (version == 5) {
            body.counted(properties);
        }
        for (int i = 0; i < filters.length; i += 2) {
            body.text((String) filters[i]).u8((Integer) filters[i + 1]);
        }
        return new Bytes().u8(0x82).counted(body).toArray();
    }

    static byte[] unsubscribe(int version, int packetId, String... filters) {
        Bytes body = new Bytes().u16(packetId);
        if (version == 5) {
            body.varInt(0);
        }
        for (String filter : filters) {
            body.text(filter);
        }
        return new Bytes().u8(0xA2).counted(body).toArray();
    }

    /** A PUBLISH of 5.0; the flags are DUP 8 and RETAIN 1. */
    static byte[] publish(String topic, int qos, int flags, int packetId, Bytes properties, String payload) {
        return publish(topic, qos, flags, packetId, properties, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** A PUBLISH of 5.0 whose payload need not be text. */
    static byte[] publish(String topic, int qos, int flags, int packetId, Bytes properties, byte[] payload) {
        Bytes body = new Bytes().text(topic);
        if (qos > 0) {
            body.u16(packetId);
        }
        body.counted(properties).bytes(payload);
        return new Bytes().u8(0x30 | qos << 1 | flags).counted(body).toArray();
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP of 5.0 with a reason code. */
    static byte[] ack(int type, int packetId, int reasonCode) {
        return new Bytes()
                .u8(type << 4 | (type == RawPacket.PUBREL ? 2 : 0))
                .u8(3)
                .u16(packetId)
                .u8(reasonCode)
                .toArray();
    }

    /** Two packets in one write. */
    static byte[] together(byte[] first, byte[] second) {
        return new Bytes().bytes(first).bytes(second).toArray();
    }
}
