package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * Writes what a server sends, in the shortest form there is. Immutable; made for a client from its CONNECT.
 *
 * <p>Each method says whether it wrote the packet. It does not write one that the client's version lacks, nor one that is
 * larger than the client's Maximum Packet Size even without Reason String and User Properties (MQTT-3.1.2-24). A Reason
 * String is left out where the client wants none (MQTT-3.1.2-29) or where it does not fit (MQTT-3.2.2-19, MQTT-3.4.2-2 and so on).
 */
public final class MqttEncoder {
    private final MqttVersion version;
    private final long maximumPacketSize;
    private final boolean problemInformation;

    /**
     * An encoder.
     *
     * @param version what the client speaks
     * @param maximumPacketSize the client's Maximum Packet Size, {@link Packet#NO_MAXIMUM_PACKET_SIZE} if it gave none
     * @param problemInformation the client's Request Problem Information
     */
    public MqttEncoder(MqttVersion version, long maximumPacketSize, boolean problemInformation) {
        this.version = version;
        this.maximumPacketSize = Math.min(maximumPacketSize, Packet.NO_MAXIMUM_PACKET_SIZE);
        this.problemInformation = problemInformation;
    }

    /** The encoder for the sender of a CONNECT. */
    public static MqttEncoder forClient(Packet.Connect connect) {
        return new MqttEncoder(connect.version(), connect.maximumPacketSize(), connect.requestProblemInformation());
    }

    /** The encoder for a client of which no more than the version is known. */
    public static MqttEncoder forVersion(MqttVersion version) {
        return new MqttEncoder(version, Packet.NO_MAXIMUM_PACKET_SIZE, true);
    }

    /** What the client speaks. */
    public MqttVersion version() {
        return version;
    }

    /**
     * CONNACK.
     *
     * @param sessionPresent written only with SUCCESS (MQTT-3.2.2-6)
     * @return false also if a client of 3.x has to be disconnected without one
     */
    public boolean connAck(ByteBuf out, boolean sessionPresent, ReasonCode code, ConnAckProperties properties) {
        boolean present = sessionPresent && code == ReasonCode.SUCCESS;
        if (version.hasProperties()) {
            return ConnAckWriter.write(out, present, code, properties, maximumPacketSize);
        }
        int returnCode = Mqtt3Codes.connAck(code);
        if (returnCode == Mqtt3Codes.NO_CONNACK) {
            return false;
        }
        out.writeShort(0x2002);
        out.writeByte(present && version == MqttVersion.V3_1_1 ? 1 : 0); // 3.1 does not use this byte
        out.writeByte(returnCode);
        return true;
    }

    /**
     * The size of a PUBLISH, all of it.
     *
     * @param topic what to write as topic name, null for an alias that is known
     * @param topicAlias or {@link Packet.Publish#NO_ALIAS}
     * @param expires whether a Message Expiry Interval goes with it
     * @param subscriptionIdentifiers of the subscriptions it matches; 3.x gets none
     */
    public int publishSize(
            @Nullable TopicName topic,
            ApplicationMessage message,
            QoS qos,
            int topicAlias,
            boolean expires,
            int[] subscriptionIdentifiers) {
        int properties = version.hasProperties()
                ? propertiesSize(message.properties().length, topicAlias, expires, subscriptionIdentifiers)
                : 0;
        return size(publishLength(topic, message, qos, properties));
    }

    /** Whether a packet of this size may be sent to the client. */
    public boolean fits(int size) {
        return size <= maximumPacketSize;
    }

    /**
     * PUBLISH.
     *
     * @param topic what to write as topic name, null for an alias that is known
     * @param message for its payload and its properties
     * @param packetId not used with QoS 0
     * @param dup whether it was sent before
     * @param topicAlias or {@link Packet.Publish#NO_ALIAS}
     * @param expiryInterval seconds that are left, or {@link PublishProperties#NEVER}
     * @param subscriptionIdentifiers of the subscriptions it matches; 3.x gets none
     */
    public boolean publish(
            ByteBuf out,
            @Nullable TopicName topic,
            ApplicationMessage message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int topicAlias,
            long expiryInterval,
            int[] subscriptionIdentifiers) {
        byte[] forwarded = message.properties();
        boolean expires = expiryInterval != PublishProperties.NEVER;
        boolean withProperties = version.hasProperties();
        int properties = 0;
        int propertyLength = 0;
        if (withProperties) {
            properties = propertiesSize(forwarded.length, topicAlias, expires, subscriptionIdentifiers);
            propertyLength = propertyLength(forwarded.length, topicAlias, expires, subscriptionIdentifiers);
        }
        long remaining = publishLength(topic, message, qos, properties);
        if (size(remaining) > maximumPacketSize) {
            return false; // MQTT-3.1.2-24, MQTT-3.1.2-25
        }
        int first = FixedHeader.PUBLISH << 4 | (dup ? 0x08 : 0) | qos.value() << 1 | (retain ? 1 : 0);
        start(out, first, (int) remaining);
        if (topic == null) {
            out.writeShort(0);
        } else {
            out.writeShort(topic.utf8().length).writeBytes(topic.utf8());
        }
        if (qos != QoS.AT_MOST_ONCE) {
            out.writeShort(packetId); // MQTT-2.2.1-2
        }
        if (withProperties) {
            Wire.writeVariableByteInteger(out, propertyLength);
            if (topicAlias != Packet.Publish.NO_ALIAS) {
                PropertyWriter.twoBytes(out, PropertyId.TOPIC_ALIAS, topicAlias);
            }
            if (expires) {
                PropertyWriter.fourBytes(out, PropertyId.MESSAGE_EXPIRY_INTERVAL, expiryInterval);
            }
            for (int identifier : subscriptionIdentifiers) {
                out.writeByte(PropertyId.SUBSCRIPTION_IDENTIFIER);
                Wire.writeVariableByteInteger(out, identifier);
            }
            out.writeBytes(forwarded);
        }
        out.writeBytes(message.payload());
        return true;
    }

    /** PUBACK, in 3.x without the code. */
    public boolean pubAck(ByteBuf out, int packetId, ReasonCode code, @Nullable String reasonString) {
        return ack(out, 0x40, packetId, code, reasonString);
    }

    /** PUBREC, in 3.x without the code. */
    public boolean pubRec(ByteBuf out, int packetId, ReasonCode code, @Nullable String reasonString) {
        return ack(out, 0x50, packetId, code, reasonString);
    }

    /** PUBREL, in 3.x without the code. */
    public boolean pubRel(ByteBuf out, int packetId, ReasonCode code) {
        return ack(out, 0x62, packetId, code, null); // MQTT-3.6.1-1
    }

    /** PUBCOMP, in 3.x without the code. */
    public boolean pubComp(ByteBuf out, int packetId, ReasonCode code) {
        return ack(out, 0x70, packetId, code, null);
    }

    /**
     * SUBACK.
     *
     * @param codes one for each filter, in order (MQTT-3.8.4-6, MQTT-3.9.3-1); for 3.1 see {@link Mqtt3Codes#subAck(MqttVersion,
     *     ReasonCode, QoS)}
     */
    public boolean subAck(ByteBuf out, int packetId, List<ReasonCode> codes, @Nullable String reasonString) {
        boolean withProperties = version.hasProperties();
        if (!startSubAck(out, 0x90, packetId, codes.size(), reasonString)) {
            return false;
        }
        for (ReasonCode code : codes) {
            out.writeByte(withProperties ? code.value() : Mqtt3Codes.subAck(code));
        }
        return true;
    }

    /** UNSUBACK, with a code for each filter, in order (MQTT-3.11.3-1); in 3.x without codes. */
    public boolean unsubAck(ByteBuf out, int packetId, List<ReasonCode> codes, @Nullable String reasonString) {
        boolean withProperties = version.hasProperties();
        if (!startSubAck(out, 0xB0, packetId, withProperties ? codes.size() : 0, reasonString)) {
            return false;
        }
        if (withProperties) {
            for (ReasonCode code : codes) {
                out.writeByte(code.value());
            }
        }
        return true;
    }

    /** PINGRESP. */
    public boolean pingResp(ByteBuf out) {
        return empty(out, 0xD000);
    }

    /** DISCONNECT, which a server sends in 5.0 only. It never has a Session Expiry Interval (MQTT-3.14.2-2). */
    public boolean disconnect(
            ByteBuf out, ReasonCode code, @Nullable String reasonString, @Nullable String serverReference) {
        if (!version.hasProperties()) {
            return false;
        }
        int required = PropertyWriter.stringSize(serverReference);
        int optional = PropertyWriter.stringSize(reasonString);
        if (optional > 0 && fitsDisconnect(required + optional)) {
            writeDisconnect(out, code, reasonString, serverReference, required + optional);
            return true;
        }
        if (required == 0 && code == ReasonCode.SUCCESS) {
            return empty(out, 0xE000);
        }
        if (!fitsDisconnect(required)) {
            return false;
        }
        writeDisconnect(out, code, null, serverReference, required);
        return true;
    }

    /** AUTH, which exists in 5.0 only. */
    public boolean auth(
            ByteBuf out, ReasonCode code, String method, byte @Nullable [] data, @Nullable String reasonString) {
        if (!version.hasProperties()) {
            return false;
        }
        int required = PropertyWriter.stringSize(method) + PropertyWriter.binarySize(data);
        String reason = problemInformation ? reasonString : null;
        int optional = PropertyWriter.stringSize(reason);
        if (!fitsWith(1, required + optional)) {
            reason = null;
            optional = 0;
        }
        if (!fitsWith(1, required + optional)) {
            return false;
        }
        start(out, 0xF0, 1 + propertiesField(required + optional));
        out.writeByte(code.value());
        Wire.writeVariableByteInteger(out, required + optional);
        PropertyWriter.string(out, PropertyId.AUTHENTICATION_METHOD, method); // MQTT-4.12.0-5
        PropertyWriter.binary(out, PropertyId.AUTHENTICATION_DATA, data);
        PropertyWriter.string(out, PropertyId.REASON_STRING, reason);
        return true;
    }

    private boolean ack(ByteBuf out, int first, int packetId, ReasonCode code, @Nullable String reasonString) {
        if (!version.hasProperties() || (code == ReasonCode.SUCCESS && reasonString == null)) {
            if (!fits(4)) {
                return false;
            }
            out.writeShort(first << 8 | 2).writeShort(packetId);
            return true;
        }
        String reason = problemInformation ? reasonString : null;
        int properties = PropertyWriter.stringSize(reason);
        if (properties > 0 && fitsWith(3, properties)) {
            start(out, first, 3 + propertiesField(properties));
            out.writeShort(packetId).writeByte(code.value());
            Wire.writeVariableByteInteger(out, properties);
            PropertyWriter.string(out, PropertyId.REASON_STRING, reason);
            return true;
        }
        if (code == ReasonCode.SUCCESS) {
            return ack(out, first, packetId, code, null);
        }
        if (!fits(5)) {
            return false;
        }
        out.writeShort(first << 8 | 3).writeShort(packetId).writeByte(code.value());
        return true;
    }

    private boolean startSubAck(ByteBuf out, int first, int packetId, int codes, @Nullable String reasonString) {
        if (!version.hasProperties()) {
            start(out, first, 2 + codes);
            out.writeShort(packetId);
            return true;
        }
        String reason = problemInformation ? reasonString : null;
        int properties = PropertyWriter.stringSize(reason);
        if (!fitsWith(2L + codes, properties)) {
            reason = null; // MQTT-3.9.2-1, MQTT-3.11.2-1
            properties = 0;
        }
        if (!fitsWith(2L + codes, properties)) {
            return false;
        }
        start(out, first, 2 + propertiesField(properties) + codes);
        out.writeShort(packetId);
        Wire.writeVariableByteInteger(out, properties);
        PropertyWriter.string(out, PropertyId.REASON_STRING, reason);
        return true;
    }

    private boolean empty(ByteBuf out, int packet) {
        if (!fits(2)) {
            return false;
        }
        out.writeShort(packet);
        return true;
    }

    private boolean fitsDisconnect(int properties) {
        return properties == 0 ? fits(3) : fitsWith(1, properties);
    }

    private static void writeDisconnect(
            ByteBuf out,
            ReasonCode code,
            @Nullable String reasonString,
            @Nullable String serverReference,
            int properties) {
        start(out, 0xE0, properties == 0 ? 1 : 1 + propertiesField(properties));
        out.writeByte(code.value());
        if (properties > 0) {
            Wire.writeVariableByteInteger(out, properties);
            PropertyWriter.string(out, PropertyId.REASON_STRING, reasonString);
            PropertyWriter.string(out, PropertyId.SERVER_REFERENCE, serverReference);
        }
    }

    private boolean fitsWith(long fields, int properties) {
        return size(fields + propertiesField(properties)) <= maximumPacketSize;
    }

    /** The properties with their length in front. */
    private static int propertiesField(int properties) {
        return Wire.variableByteIntegerSize(properties) + properties;
    }

    private static int propertiesSize(int forwarded, int topicAlias, boolean expires, int[] identifiers) {
        return propertiesField(propertyLength(forwarded, topicAlias, expires, identifiers));
    }

    private static int propertyLength(int forwarded, int topicAlias, boolean expires, int[] identifiers) {
        int length = forwarded + (topicAlias == Packet.Publish.NO_ALIAS ? 0 : 3) + (expires ? 5 : 0);
        for (int identifier : identifiers) {
            length += 1 + Wire.variableByteIntegerSize(identifier);
        }
        return length;
    }

    private static long publishLength(@Nullable TopicName topic, ApplicationMessage message, QoS qos, int properties) {
        int topicLength = topic == null ? 0 : topic.utf8().length;
        return 2L + topicLength + (qos == QoS.AT_MOST_ONCE ? 0 : 2) + properties + message.payload().length;
    }

    /** The size of a packet with this Remaining Length; more than any client accepts if there is no such packet. */
    static int size(long remaining) {
        if (remaining > Wire.MAXIMUM_VARIABLE_BYTE_INTEGER) {
            return Integer.MAX_VALUE;
        }
        return 1 + Wire.variableByteIntegerSize((int) remaining) + (int) remaining;
    }

    static void start(ByteBuf out, int first, int remaining) {
        out.ensureWritable(size(remaining));
        out.writeByte(first);
        Wire.writeVariableByteInteger(out, remaining);
    }
}
