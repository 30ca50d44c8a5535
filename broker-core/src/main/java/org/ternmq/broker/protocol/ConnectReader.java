package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/** Reads what follows the protocol level of a CONNECT (3.1), the packet in which the versions differ most. */
final class ConnectReader {
    private static final int RESERVED = 0x01;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_QOS = 0x18;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USERNAME = 0x80;

    private ConnectReader() {}

    /**
     * Reads it to its end.
     *
     * @param set for 5.0, null for the versions without properties
     */
    static Packet.Connect read(
            PacketReader packet, @Nullable PropertyReader set, TopicNames names, MqttVersion version) {
        ByteBuf in = packet.buffer();
        int flags = packet.unsignedByte();
        checkFlags(flags, version);
        boolean cleanStart = (flags & CLEAN_START) != 0;
        int keepAlive = packet.twoBytes();

        // 3.1.2.11, or what 3.x means without saying it
        long sessionExpiryInterval = cleanStart || version == MqttVersion.V5_0 ? 0 : Packet.SESSION_NEVER_EXPIRES;
        long receiveMaximum = Packet.DEFAULT_RECEIVE_MAXIMUM;
        long maximumPacketSize = Packet.NO_MAXIMUM_PACKET_SIZE;
        long topicAliasMaximum = 0;
        boolean requestResponseInformation = false;
        boolean requestProblemInformation = true;
        String authenticationMethod = null;
        byte[] authenticationData = null;
        List<UserProperty> userProperties = List.of();
        if (set != null) {
            set.read(packet, PropertyId.IN_CONNECT);
            sessionExpiryInterval = set.number(in, PropertyId.SESSION_EXPIRY_INTERVAL, 0);
            receiveMaximum = set.positive(in, PropertyId.RECEIVE_MAXIMUM, receiveMaximum);
            maximumPacketSize = set.positive(in, PropertyId.MAXIMUM_PACKET_SIZE, maximumPacketSize);
            topicAliasMaximum = set.number(in, PropertyId.TOPIC_ALIAS_MAXIMUM, 0);
            requestResponseInformation = set.flag(in, PropertyId.REQUEST_RESPONSE_INFORMATION, false);
            requestProblemInformation = set.flag(in, PropertyId.REQUEST_PROBLEM_INFORMATION, true);
            authenticationMethod = set.string(in, PropertyId.AUTHENTICATION_METHOD);
            authenticationData = set.binary(in, PropertyId.AUTHENTICATION_DATA);
            if (authenticationMethod == null && authenticationData != null) {
                throw Wire.protocolError("authentication data without a method [3.1.2.11.10]");
            }
            userProperties = set.userProperties(in);
        }

        // MQTT-3.1.3-1: client identifier, will, user name, password, and nothing else
        String clientId = packet.string();
        WillMessage will = (flags & WILL) != 0 ? will(packet, set, names, flags) : null;
        // In 3.1 the length decides: a client may announce a user name or a password and leave it out.
        boolean mayMiss = version == MqttVersion.V3_1;
        String username = isThere(packet, flags & USERNAME, mayMiss) ? packet.string() : null; // MQTT-3.1.2-17
        byte[] password = isThere(packet, flags & PASSWORD, mayMiss) ? packet.binary() : null; // MQTT-3.1.2-19
        packet.finish(); // before the identifier is refused: only a well-formed CONNECT has a CONNACK in 3.x
        checkClientId(clientId, cleanStart, version);
        return new Packet.Connect(
                version,
                clientId,
                cleanStart,
                keepAlive,
                will,
                username,
                password,
                sessionExpiryInterval,
                (int) receiveMaximum,
                maximumPacketSize,
                (int) topicAliasMaximum,
                requestResponseInformation,
                requestProblemInformation,
                authenticationMethod,
                authenticationData,
                userProperties);
    }

    private static void checkFlags(int flags, MqttVersion version) {
        if ((flags & RESERVED) != 0 && version != MqttVersion.V3_1) {
            throw Wire.malformed("reserved connect flag [MQTT-3.1.2-3]");
        }
        if ((flags & WILL) == 0 && (flags & (WILL_QOS | WILL_RETAIN)) != 0) {
            // MQTT-3.1.2-11, MQTT-3.1.2-13; 3.1.1: MQTT-3.1.2-11
            throw Wire.malformed("will QoS or will retain without a will [MQTT-3.1.2-11]");
        }
        if ((flags & WILL_QOS) == WILL_QOS) {
            throw Wire.malformed("will QoS 3 [MQTT-3.1.2-12]"); // 3.1.1: MQTT-3.1.2-14
        }
        if ((flags & PASSWORD) != 0 && (flags & USERNAME) == 0 && version != MqttVersion.V5_0) {
            throw Wire.malformed("password without a user name [3.1.1: MQTT-3.1.2-22]");
        }
    }

    private static void checkClientId(String clientId, boolean cleanStart, MqttVersion version) {
        boolean mayBeEmpty = switch (version) {
            case V3_1 -> false; // 1 to 23 characters
            case V3_1_1 -> cleanStart; // 3.1.1: MQTT-3.1.3-7, MQTT-3.1.3-8
            case V5_0 -> true; // MQTT-3.1.3-6
        };
        if (clientId.isEmpty() && !mayBeEmpty) {
            throw new DisconnectException(
                    ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "client identifier is empty [3.1.1: MQTT-3.1.3-8]");
        }
    }

    private static boolean isThere(PacketReader packet, int flag, boolean mayMiss) {
        return flag != 0 && (packet.hasMore() || !mayMiss);
    }

    private static WillMessage will(PacketReader packet, @Nullable PropertyReader set, TopicNames names, int flags) {
        ByteBuf in = packet.buffer();
        PublishProperties properties = PublishProperties.NONE;
        long delayInterval = 0;
        if (set != null) {
            set.read(packet, PropertyId.IN_WILL);
            properties = set.publishProperties(in);
            delayInterval = set.number(in, PropertyId.WILL_DELAY_INTERVAL, 0);
        }
        int topicLength = packet.twoBytes();
        TopicName topic = names.intern(in, packet.take(topicLength), topicLength); // MQTT-3.1.3-11
        QoS qos = QoS.of((flags & WILL_QOS) >> 3);
        return new WillMessage(topic, qos, (flags & WILL_RETAIN) != 0, packet.binary(), properties, delayInterval);
    }
}
