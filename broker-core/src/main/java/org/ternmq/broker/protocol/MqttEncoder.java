package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/** Packets that a server sends, in their shortest form. Stateless. */
public final class MqttEncoder {
    private static final int CONNACK = 0x20;
    private static final int PUBLISH = 0x30;
    private static final int PUBACK = 0x40;
    private static final int PUBREC = 0x50;
    private static final int PUBREL = 0x62;
    private static final int PUBCOMP = 0x70;
    private static final int SUBACK = 0x90;
    private static final int UNSUBACK = 0xB0;
    private static final int PINGRESP = 0xD000;
    private static final int DISCONNECT = 0xE0;

    private MqttEncoder() {}

    /** Bytes of a Variable Byte Integer. */
    public static int variableSize(int value) {
        return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
    }

    /** Writes a Variable Byte Integer in its shortest form (MQTT-1.5.5-1). */
    public static void variable(ByteBuf out, int value) {
        int left = value;
        while (left > 0x7F) {
            out.writeByte((left & 0x7F) | 0x80);
            left >>>= 7;
        }
        out.writeByte(left);
    }

    private static void string(ByteBuf out, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.writeShort(utf8.length).writeBytes(utf8);
    }

    /**
     * CONNACK 0x00.
     *
     * @param properties for a 5.0 client; not looked at for others
     * @param maximumPacketSize what the client takes
     * @return false if it does not fit; nothing is written then
     */
    public static boolean connAck(
            ByteBuf out,
            MqttVersion version,
            boolean sessionPresent,
            ConnAckProperties properties,
            long maximumPacketSize) {
        if (!version.hasProperties()) {
            // 3.1 has no Session Present: the byte is always 0.
            boolean present = sessionPresent && version == MqttVersion.V3_1_1;
            out.writeByte(CONNACK).writeByte(2).writeByte(present ? 1 : 0).writeByte(0);
            return true;
        }
        int start = out.writerIndex();
        ByteBuf body = out.alloc().buffer(64);
        try {
            connAckProperties(body, properties);
            int length = 2 + variableSize(body.readableBytes()) + body.readableBytes();
            if (1 + variableSize(length) + length > maximumPacketSize) {
                out.writerIndex(start);
                return false;
            }
            out.writeByte(CONNACK);
            variable(out, length);
            out.writeByte(sessionPresent ? 1 : 0).writeByte(0); // MQTT-3.2.2-1, MQTT-3.2.2-2, MQTT-3.2.2-3
            variable(out, body.readableBytes());
            out.writeBytes(body);
            return true;
        } finally {
            body.release();
        }
    }

    private static void connAckProperties(ByteBuf body, ConnAckProperties p) {
        if (p.sessionExpiryInterval() >= 0) {
            body.writeByte(PropertyId.SESSION_EXPIRY_INTERVAL).writeInt((int) p.sessionExpiryInterval());
        }
        if (p.receiveMaximum() < 65_535) {
            body.writeByte(PropertyId.RECEIVE_MAXIMUM).writeShort(p.receiveMaximum());
        }
        if (p.maximumQos() < 2) {
            body.writeByte(PropertyId.MAXIMUM_QOS).writeByte(p.maximumQos()); // MQTT-3.2.2-9
        }
        feature(body, PropertyId.RETAIN_AVAILABLE, p.retainAvailable());
        if (p.maximumPacketSize() > 0 && p.maximumPacketSize() < Connect.NO_PACKET_LIMIT) {
            body.writeByte(PropertyId.MAXIMUM_PACKET_SIZE).writeInt((int) p.maximumPacketSize());
        }
        if (p.assignedClientIdentifier() != null) {
            body.writeByte(PropertyId.ASSIGNED_CLIENT_IDENTIFIER); // MQTT-3.1.3-7
            string(body, p.assignedClientIdentifier());
        }
        if (p.topicAliasMaximum() > 0) {
            body.writeByte(PropertyId.TOPIC_ALIAS_MAXIMUM).writeShort(p.topicAliasMaximum());
        }
        feature(body, PropertyId.WILDCARD_SUBSCRIPTION_AVAILABLE, p.wildcardSubscriptionAvailable());
        feature(body, PropertyId.SUBSCRIPTION_IDENTIFIER_AVAILABLE, p.subscriptionIdentifierAvailable());
        feature(body, PropertyId.SHARED_SUBSCRIPTION_AVAILABLE, p.sharedSubscriptionAvailable());
        if (p.serverKeepAlive() >= 0) {
            body.writeByte(PropertyId.SERVER_KEEP_ALIVE).writeShort(p.serverKeepAlive());
        }
    }

    private static void feature(ByteBuf body, int id, boolean available) {
        if (!available) {
            body.writeByte(id).writeByte(0);
        }
    }

    /**
     * CONNACK with an error, Session Present 0 (MQTT-3.2.2-6).
     *
     * @return false if the version has no way to say this, or it does not fit: the connection is only closed
     */
    public static boolean connAckRefused(
            ByteBuf out, MqttVersion version, ReasonCode reasonCode, long maximumPacketSize) {
        if (version.hasProperties()) {
            if (maximumPacketSize < 5) {
                return false;
            }
            out.writeByte(CONNACK).writeByte(3).writeByte(0).writeByte(reasonCode.value()).writeByte(0);
            return true;
        }
        int code = Mqtt3Codes.connAck(reasonCode);
        if (code == 0) {
            return false; // MQTT 3.1.1: MQTT-3.2.2-6
        }
        out.writeByte(CONNACK).writeByte(2).writeByte(0).writeByte(code);
        return true;
    }

    /** PUBACK. */
    public static void pubAck(ByteBuf out, MqttVersion version, int packetId, ReasonCode reasonCode) {
        ack(out, PUBACK, version, packetId, reasonCode);
    }

    /** PUBREC. */
    public static void pubRec(ByteBuf out, MqttVersion version, int packetId, ReasonCode reasonCode) {
        ack(out, PUBREC, version, packetId, reasonCode);
    }

    /** PUBREL. */
    public static void pubRel(ByteBuf out, MqttVersion version, int packetId, ReasonCode reasonCode) {
        ack(out, PUBREL, version, packetId, reasonCode);
    }

    /** PUBCOMP. */
    public static void pubComp(ByteBuf out, MqttVersion version, int packetId, ReasonCode reasonCode) {
        ack(out, PUBCOMP, version, packetId, reasonCode);
    }

    private static void ack(ByteBuf out, int type, MqttVersion version, int packetId, ReasonCode reasonCode) {
        if (reasonCode == ReasonCode.SUCCESS || !version.hasProperties()) { // older versions know only success
            out.writeInt(type << 24 | 2 << 16 | packetId);
        } else {
            out.writeInt(type << 24 | 3 << 16 | packetId).writeByte(reasonCode.value());
        }
    }

    /** SUBACK with a code for each filter, in their order (MQTT-3.9.3-1). */
    public static void subAck(ByteBuf out, MqttVersion version, int packetId, List<ReasonCode> reasonCodes) {
        boolean v5 = version.hasProperties();
        out.writeByte(SUBACK);
        variable(out, 2 + (v5 ? 1 : 0) + reasonCodes.size());
        out.writeShort(packetId);
        if (v5) {
            out.writeByte(0);
        }
        for (ReasonCode code : reasonCodes) {
            out.writeByte(v5 ? code.value() : Mqtt3Codes.subAck(code));
        }
    }

    /** UNSUBACK; older versions have no codes. */
    public static void unsubAck(ByteBuf out, MqttVersion version, int packetId, List<ReasonCode> reasonCodes) {
        if (!version.hasProperties()) {
            out.writeInt(UNSUBACK << 24 | 2 << 16 | packetId);
            return;
        }
        out.writeByte(UNSUBACK);
        variable(out, 3 + reasonCodes.size());
        out.writeShort(packetId).writeByte(0);
        for (ReasonCode code : reasonCodes) {
            out.writeByte(code.value()); // MQTT-3.11.3-1
        }
    }

    /** PINGRESP. */
    public static void pingResp(ByteBuf out) {
        out.writeShort(PINGRESP);
    }

    /**
     * DISCONNECT, for 5.0 only. Never has a Session Expiry Interval (MQTT-3.14.2-2).
     *
     * @param reasonString left out if it is null or does not fit (MQTT-3.14.2-3)
     */
    public static void disconnect(
            ByteBuf out, ReasonCode reasonCode, @Nullable String reasonString, long maximumPacketSize) {
        if (reasonString != null) {
            byte[] utf8 = reasonString.getBytes(StandardCharsets.UTF_8);
            int propertyLength = 3 + utf8.length;
            int length = 1 + variableSize(propertyLength) + propertyLength;
            if (utf8.length <= 65_535 && 1 + variableSize(length) + length <= maximumPacketSize) {
                out.writeByte(DISCONNECT);
                variable(out, length);
                out.writeByte(reasonCode.value());
                variable(out, propertyLength);
                out.writeByte(PropertyId.REASON_STRING).writeShort(utf8.length).writeBytes(utf8);
                return;
            }
        }
        if (maximumPacketSize >= 3) {
            out.writeByte(DISCONNECT).writeByte(1).writeByte(reasonCode.value());
        }
    }

    /**
     * Remaining Length of a PUBLISH.
     *
     * @param topicLength bytes of the topic name, 0 where an alias alone stands for it
     * @param alias 0 for none
     * @param expiryInterval {@link PublishProperties#NEVER} for none
     */
    public static int publishLength(
            MqttVersion version,
            int topicLength,
            int alias,
            QoS qos,
            ApplicationMessage message,
            long expiryInterval,
            int[] subscriptionIdentifiers) {
        int length = 2 + topicLength + (qos == QoS.AT_MOST_ONCE ? 0 : 2) + message.payload().length;
        if (version.hasProperties()) {
            int properties = propertiesLength(alias, message, expiryInterval, subscriptionIdentifiers);
            length += variableSize(properties) + properties;
        }
        return length;
    }

    private static int propertiesLength(
            int alias, ApplicationMessage message, long expiryInterval, int[] subscriptionIdentifiers) {
        int length = message.properties().length;
        if (alias != 0) {
            length += 3;
        }
        if (expiryInterval != PublishProperties.NEVER) {
            length += 5;
        }
        for (int identifier : subscriptionIdentifiers) {
            length += 1 + variableSize(identifier);
        }
        return length;
    }

    /**
     * PUBLISH.
     *
     * @param length what {@link #publishLength} says for the same arguments
     * @param topic the topic name's bytes, empty where an alias alone stands for it
     * @param packetId not looked at for QoS 0 (MQTT-2.2.1-2)
     */
    public static void publish(
            ByteBuf out,
            MqttVersion version,
            int length,
            byte[] topic,
            int alias,
            QoS qos,
            boolean retain,
            boolean dup,
            int packetId,
            ApplicationMessage message,
            long expiryInterval,
            int[] subscriptionIdentifiers) {
        out.ensureWritable(5 + length);
        out.writeByte(PUBLISH | (dup ? 0x08 : 0) | qos.value() << 1 | (retain ? 0x01 : 0));
        variable(out, length);
        out.writeShort(topic.length).writeBytes(topic);
        if (qos != QoS.AT_MOST_ONCE) {
            out.writeShort(packetId);
        }
        if (version.hasProperties()) {
            variable(out, propertiesLength(alias, message, expiryInterval, subscriptionIdentifiers));
            if (alias != 0) {
                out.writeByte(PropertyId.TOPIC_ALIAS).writeShort(alias);
            }
            if (expiryInterval != PublishProperties.NEVER) { // MQTT-3.3.2-6
                out.writeByte(PropertyId.MESSAGE_EXPIRY_INTERVAL).writeInt((int) expiryInterval);
            }
            for (int identifier : subscriptionIdentifiers) { // MQTT-3.3.4-3
                out.writeByte(PropertyId.SUBSCRIPTION_IDENTIFIER);
                variable(out, identifier);
            }
            out.writeBytes(message.properties());
        }
        out.writeBytes(message.payload());
    }
}
