package org.ternmq.broker.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/**
 * A packet that a server receives, valid by itself: what depends on the state of a connection or a session is not checked
 * yet. Reason Strings and User Properties of acknowledgements were checked and dropped. Immutable; arrays are not to be
 * changed.
 */
public sealed interface Packet {
    /** The Session Expiry Interval of a session that never ends. */
    long SESSION_NEVER_EXPIRES = 0xFFFF_FFFFL;

    /** The Receive Maximum of a peer that gives none. */
    int DEFAULT_RECEIVE_MAXIMUM = 65_535;

    /** The Maximum Packet Size of a peer that gives none: what the protocol can express (3.1.2.11.4). */
    int NO_MAXIMUM_PACKET_SIZE = 268_435_460;

    /**
     * CONNECT (3.1).
     *
     * @param cleanStart Clean Start, Clean Session in 3.x
     * @param keepAlive seconds, 0 for none
     * @param sessionExpiryInterval seconds, or {@link #SESSION_NEVER_EXPIRES}; for 3.x 0 with Clean Session and never
     *     without, which is what it means there
     * @param password any bytes
     * @param maximumPacketSize the largest packet to send, {@link #NO_MAXIMUM_PACKET_SIZE} if not given
     */
    record Connect(
            MqttVersion version,
            String clientId,
            boolean cleanStart,
            int keepAlive,
            @Nullable WillMessage will,
            @Nullable String username,
            byte @Nullable [] password,
            long sessionExpiryInterval,
            int receiveMaximum,
            long maximumPacketSize,
            int topicAliasMaximum,
            boolean requestResponseInformation,
            boolean requestProblemInformation,
            @Nullable String authenticationMethod,
            byte @Nullable [] authenticationData,
            List<UserProperty> userProperties)
            implements Packet {
        /** A CONNECT that says no more than it must, as a client starts with; nothing but 5.0 has properties. */
        public static Connect of(
                MqttVersion version,
                String clientId,
                boolean cleanStart,
                int keepAlive,
                long sessionExpiryInterval,
                @Nullable WillMessage will,
                @Nullable String username,
                byte @Nullable [] password) {
            return new Connect(
                    version,
                    clientId,
                    cleanStart,
                    keepAlive,
                    will,
                    username,
                    password,
                    sessionExpiryInterval,
                    DEFAULT_RECEIVE_MAXIMUM,
                    NO_MAXIMUM_PACKET_SIZE,
                    0,
                    false,
                    true,
                    null,
                    null,
                    List.of());
        }
    }

    /**
     * PUBLISH (3.3).
     *
     * @param topic null if the packet has only an alias
     * @param packetId 0 with QoS 0
     * @param topicAlias 1 to 65535, or {@link #NO_ALIAS}
     */
    record Publish(
            @Nullable TopicName topic,
            QoS qos,
            boolean retain,
            boolean dup,
            int packetId,
            int topicAlias,
            byte[] payload,
            PublishProperties properties)
            implements Packet {
        /** No Topic Alias. */
        public static final int NO_ALIAS = -1;
    }

    /** PUBACK (3.4). */
    record PubAck(int packetId, ReasonCode reasonCode) implements Packet, ServerPacket {}

    /** PUBREC (3.5). */
    record PubRec(int packetId, ReasonCode reasonCode) implements Packet, ServerPacket {}

    /** PUBREL (3.6). */
    record PubRel(int packetId, ReasonCode reasonCode) implements Packet, ServerPacket {}

    /** PUBCOMP (3.7). */
    record PubComp(int packetId, ReasonCode reasonCode) implements Packet, ServerPacket {}

    /**
     * SUBSCRIBE (3.8).
     *
     * @param subscriptionIdentifier 1 to 268435455, 0 for none
     * @param requests one or more, in order
     */
    record Subscribe(int packetId, int subscriptionIdentifier, List<SubscriptionRequest> requests) implements Packet {}

    /**
     * UNSUBSCRIBE (3.10).
     *
     * @param topicFilters one or more, in order
     */
    record Unsubscribe(int packetId, List<String> topicFilters) implements Packet {}

    /** PINGREQ (3.12). */
    record PingReq() implements Packet {}

    /**
     * DISCONNECT (3.14).
     *
     * @param sessionExpiryInterval seconds, {@link #SESSION_NEVER_EXPIRES}, or {@link #ABSENT}
     */
    record Disconnect(
            ReasonCode reasonCode,
            long sessionExpiryInterval,
            @Nullable String reasonString) implements Packet, ServerPacket {
        /** No Session Expiry Interval was given: that of CONNECT holds. */
        public static final long ABSENT = -1;
    }

    /**
     * AUTH (3.15).
     *
     * @param method the Authentication Method, which every AUTH has (3.15.2.2.2)
     */
    record Auth(
            ReasonCode reasonCode,
            String method,
            byte @Nullable [] data,
            @Nullable String reasonString) implements Packet, ServerPacket {}
}
