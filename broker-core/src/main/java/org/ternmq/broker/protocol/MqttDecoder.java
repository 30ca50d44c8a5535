package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * Bytes from one client to packets, for all versions. Refuses at the earliest byte that shows the fault: before CONNECT any
 * packet that is none at its first byte, a packet that is too large at its length.
 *
 * <p>Owner: the connection's loop.
 */
public final class MqttDecoder {
    private static final int CONNECT = 1;
    private static final int PUBLISH = 3;
    private static final int PUBACK = 4;
    private static final int PUBREC = 5;
    private static final int PUBREL = 6;
    private static final int PUBCOMP = 7;
    private static final int SUBSCRIBE = 8;
    private static final int UNSUBSCRIBE = 10;
    private static final int PINGREQ = 12;
    private static final int DISCONNECT = 14;
    private static final int AUTH = 15;

    private static final int DUP_FLAG = 0x08;
    /** Bytes to have room for while the length of a packet is not known. */
    private static final int UNKNOWN_SIZE = 128;

    private final TopicNames topics;
    private final int maxPacketSize;
    private final int maxConnectSize;
    private final PacketReader reader;
    private final Properties properties;
    private @Nullable MqttVersion version;
    private boolean accepted;
    private int needed = UNKNOWN_SIZE;
    /** Protocol Name and level of a CONNECT that cannot be served; the level is -1 if there was none. */
    private String rejectedName = "";

    private int rejectedLevel = -1;

    /**
     * A decoder for one connection.
     *
     * @param topics the loop's topic names
     * @param maxPacketSize bytes of a whole packet
     * @param maxConnectSize bytes of the CONNECT, which comes before anybody is known
     * @param maxUserProperties User Properties in one packet
     * @param refuseControlCharacters whether strings with control characters and non-characters are malformed
     */
    public MqttDecoder(
            TopicNames topics,
            int maxPacketSize,
            int maxConnectSize,
            int maxUserProperties,
            boolean refuseControlCharacters) {
        this.topics = topics;
        this.maxPacketSize = maxPacketSize;
        this.maxConnectSize = maxConnectSize;
        this.reader = new PacketReader(refuseControlCharacters);
        this.properties = new Properties(maxUserProperties);
    }

    /** The client was let in: packets may be as large as was announced. */
    public void accepted() {
        accepted = true;
    }

    /** Bytes that the buffer should have room for, so that the packet it begins with fits. */
    public int neededBytes() {
        return needed;
    }

    /**
     * Takes the next packet.
     *
     * @return null if it is not complete; nothing is consumed then
     * @throws DisconnectException if it is malformed or cannot be; the connection has to end
     */
    public @Nullable Packet decode(ByteBuf in) {
        int readable = in.readableBytes();
        if (readable < 1) {
            return null;
        }
        int start = in.readerIndex();
        int first = in.getUnsignedByte(start);
        MqttVersion known = version;
        if (known == null && first >> 4 != CONNECT) { // MQTT-3.1.0-1
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "the first packet is no CONNECT");
        }
        int length = 0;
        int lengthBytes = 0;
        while (true) {
            if (lengthBytes + 1 >= readable) {
                needed = UNKNOWN_SIZE;
                return null;
            }
            int b = in.getUnsignedByte(start + 1 + lengthBytes);
            length |= (b & 0x7F) << (7 * lengthBytes);
            lengthBytes++;
            if ((b & 0x80) == 0) {
                if (b == 0 && lengthBytes > 1 && known == MqttVersion.V5_0) { // MQTT-1.5.5-1; legal before 5.0
                    throw PacketReader.malformed("the remaining length is padded");
                }
                break;
            }
            if (lengthBytes == 4) {
                throw PacketReader.malformed("the remaining length has more than four bytes");
            }
        }
        int size = 1 + lengthBytes + length;
        int limit = accepted ? maxPacketSize : maxConnectSize;
        if (size > limit) { // MQTT-3.2.2-15
            throw new DisconnectException(
                    ReasonCode.PACKET_TOO_LARGE, "a packet of " + size + " bytes, allowed are " + limit);
        }
        if (readable < size) {
            needed = size;
            return null;
        }
        needed = UNKNOWN_SIZE;
        int body = start + 1 + lengthBytes;
        reader.reset(in, body, start + size);
        Packet packet = known == null
                ? connect(first & 0x0F, lengthBytes > 1 && in.getByte(body - 1) == 0)
                : packet(known, first);
        reader.expectEnd();
        reader.clear();
        in.readerIndex(start + size);
        return packet;
    }

    private Packet packet(MqttVersion known, int first) {
        int flags = first & 0x0F;
        switch (first >> 4) {
            case PUBLISH:
                return publish(known, flags);
            case PUBACK:
                flags(flags, 0);
                return new PubAck(reader.packetId(), ackCode(known, false));
            case PUBREC:
                flags(flags, 0);
                return new PubRec(reader.packetId(), ackCode(known, false));
            case PUBREL:
                flags(repeatable(known, flags), 2); // MQTT-3.6.1-1
                return new PubRel(reader.packetId(), ackCode(known, true));
            case PUBCOMP:
                flags(flags, 0);
                return new PubComp(reader.packetId(), ackCode(known, true));
            case SUBSCRIBE:
                flags(repeatable(known, flags), 2); // MQTT-3.8.1-1
                return subscribe(known);
            case UNSUBSCRIBE:
                flags(repeatable(known, flags), 2); // MQTT-3.10.1-1
                return unsubscribe(known);
            case PINGREQ:
                flags(flags, 0);
                return PingReq.INSTANCE;
            case DISCONNECT:
                flags(flags, 0); // MQTT-3.14.1-1
                return disconnect(known);
            case AUTH:
                if (known != MqttVersion.V5_0) {
                    throw protocolError("packet type 15");
                }
                flags(flags, 0); // MQTT-3.15.1-1
                return auth();
            case CONNECT:
                throw protocolError("a second CONNECT"); // MQTT-3.1.0-2
            default:
                throw protocolError("packet type " + (first >> 4) + " from a client");
        }
    }

    /** MQTT 3.1 lets a client repeat these with DUP. */
    private static int repeatable(MqttVersion known, int flags) {
        return known == MqttVersion.V3_1 ? flags & ~DUP_FLAG : flags;
    }

    private static void flags(int flags, int expected) {
        if (flags != expected) { // MQTT-2.1.3-1
            throw PacketReader.malformed("flags " + flags + " in the fixed header");
        }
    }

    // ---- CONNECT

    private Packet connect(int flags, boolean paddedLength) {
        String name = new String(reader.binary(), StandardCharsets.UTF_8);
        int level = reader.int8();
        MqttVersion announced = null;
        for (MqttVersion candidate : MqttVersion.values()) {
            if (candidate.level() == level && candidate.protocolName().equals(name)) {
                announced = candidate;
            }
        }
        if (announced == null) { // MQTT-3.1.2-1, MQTT-3.1.2-2
            rejectedName = name;
            rejectedLevel = level;
            throw new DisconnectException(
                    ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
                    "a protocol this broker does not speak, level " + level);
        }
        version = announced;
        if (announced != MqttVersion.V3_1) {
            flags(flags, 0);
        }
        if (paddedLength && announced == MqttVersion.V5_0) { // MQTT-1.5.5-1
            throw PacketReader.malformed("the remaining length is padded");
        }
        return connect(announced);
    }

    private Connect connect(MqttVersion announced) {
        int flags = reader.int8();
        boolean hasUsername = (flags & 0x80) != 0;
        boolean hasPassword = (flags & 0x40) != 0;
        boolean willRetain = (flags & 0x20) != 0;
        int willQos = (flags >> 3) & 0x03;
        boolean hasWill = (flags & 0x04) != 0;
        if ((flags & 0x01) != 0 && announced != MqttVersion.V3_1) { // MQTT-3.1.2-3
            throw PacketReader.malformed("the reserved connect flag is set");
        }
        if (willQos == 3 || (!hasWill && (willQos != 0 || willRetain))) { // MQTT-3.1.2-11, -12, -13
            throw PacketReader.malformed("will flags that do not fit");
        }
        if (hasPassword && !hasUsername && announced != MqttVersion.V5_0) { // MQTT 3.1.1: MQTT-3.1.2-22
            throw PacketReader.malformed("a password without user name");
        }
        int keepAlive = reader.int16();
        boolean v5 = announced.hasProperties();
        if (v5) {
            properties.connect(reader);
        } else {
            properties.none();
        }
        long expiry = properties.sessionExpiryInterval < 0 ? 0 : properties.sessionExpiryInterval;
        int receiveMaximum = properties.receiveMaximum;
        long maximumPacketSize = properties.maximumPacketSize;
        int topicAliasMaximum = properties.topicAliasMaximum;
        boolean responseInformation = properties.requestResponseInformation;
        boolean problemInformation = properties.requestProblemInformation;
        String method = properties.authenticationMethod;
        byte[] data = properties.authenticationData;
        var userProperties = List.copyOf(properties.userProperties);
        String clientId = reader.string(); // MQTT-3.1.3-3, MQTT-3.1.3-4
        WillMessage will = hasWill ? will(v5, QoS.of(willQos), willRetain) : null; // MQTT-3.1.2-9
        // 3.1 tolerates flags whose fields are missing: the length decides.
        boolean lenient = announced == MqttVersion.V3_1;
        String username = hasUsername && !(lenient && reader.remaining() == 0) ? reader.string() : null;
        byte[] password = hasPassword && !(lenient && reader.remaining() == 0) ? reader.binary() : null;
        return new Connect(
                announced,
                clientId,
                (flags & 0x02) != 0,
                keepAlive,
                will,
                username,
                password,
                expiry,
                receiveMaximum,
                maximumPacketSize,
                topicAliasMaximum,
                responseInformation,
                problemInformation,
                method,
                data,
                userProperties);
    }

    private WillMessage will(boolean v5, QoS qos, boolean retain) {
        PublishProperties forwarded = v5 ? properties.will(reader) : PublishProperties.NONE;
        long delay = v5 ? properties.willDelayInterval : 0;
        TopicName topic = reader.topic(topics); // MQTT-3.1.3-11
        if (topic == null) {
            throw new DisconnectException(ReasonCode.TOPIC_NAME_INVALID, "an empty will topic");
        }
        return new WillMessage(topic, qos, retain, reader.binary(), forwarded, delay);
    }

    /**
     * The CONNACK for a CONNECT that {@link #decode} refused, in the layout that the client most likely reads.
     *
     * @return null if nothing is to be sent: the bytes were no CONNECT, or of a version that is only cut off
     */
    public @Nullable ByteBuf refusalOfConnect(ByteBufAllocator allocator, ReasonCode reasonCode) {
        if (rejectedLevel >= 0) {
            boolean newer = rejectedName.equals("MQTT") && rejectedLevel > MqttVersion.V5_0.level();
            boolean known = rejectedName.equals("MQTT") || rejectedName.equals("MQIsdp");
            if (newer) {
                return allocator.buffer(5).writeBytes(new byte[] {0x20, 3, 0, (byte) 0x84, 0});
            }
            return known ? allocator.buffer(4).writeBytes(new byte[] {0x20, 2, 0, 1}) : null;
        }
        if (version == MqttVersion.V5_0) {
            return allocator.buffer(5).writeBytes(new byte[] {0x20, 3, 0, (byte) reasonCode.value(), 0});
        }
        return null; // MQTT 3.1.1: MQTT-3.1.4-1
    }

    // ---- the others

    private Publish publish(MqttVersion known, int flags) {
        boolean dup = (flags & DUP_FLAG) != 0;
        int level = (flags >> 1) & 0x03;
        if (level == 3) { // MQTT-3.3.1-4
            throw PacketReader.malformed("PUBLISH with QoS 3");
        }
        if (dup && level == 0) { // MQTT-3.3.1-2
            throw PacketReader.malformed("PUBLISH with DUP and QoS 0");
        }
        TopicName topic = reader.topic(topics); // MQTT-3.3.2-1
        int packetId = level == 0 ? 0 : reader.packetId();
        PublishProperties forwarded = PublishProperties.NONE;
        int alias = Publish.NO_ALIAS;
        if (known.hasProperties()) {
            forwarded = properties.publish(reader);
            alias = properties.topicAlias;
            if (properties.subscriptionIdentifier != 0) { // MQTT-3.3.4-6
                throw protocolError("a subscription identifier in PUBLISH");
            }
        }
        if (topic == null && alias == Publish.NO_ALIAS) {
            // In 3.x no code is sent; in 5.0 the alias alone could stand for a topic (MQTT 5.0 3.3.2.1).
            throw protocolError("an empty topic name"); // MQTT-4.7.3-1
        }
        byte[] payload = reader.bytes(reader.remaining());
        return new Publish(topic, QoS.of(level), (flags & 0x01) != 0, dup, packetId, alias, payload, forwarded);
    }

    /** The reason code of an acknowledgement, which both it and the properties may leave out. */
    private ReasonCode ackCode(MqttVersion known, boolean release) {
        if (!known.hasProperties() || reader.remaining() == 0) {
            return ReasonCode.SUCCESS;
        }
        ReasonCode code = code(reader.int8());
        boolean allowed =
                switch (code) {
                    case SUCCESS -> true;
                    case PACKET_IDENTIFIER_NOT_FOUND -> release; // MQTT-3.6.2-1, MQTT-3.7.2-1
                    case NO_MATCHING_SUBSCRIBERS,
                            UNSPECIFIED_ERROR,
                            IMPLEMENTATION_SPECIFIC_ERROR,
                            NOT_AUTHORIZED,
                            TOPIC_NAME_INVALID,
                            PACKET_IDENTIFIER_IN_USE,
                            QUOTA_EXCEEDED,
                            PAYLOAD_FORMAT_INVALID -> !release; // MQTT-3.4.2-1, MQTT-3.5.2-1
                    default -> false;
                };
        if (!allowed) {
            throw protocolError("reason code " + code + " in an acknowledgement");
        }
        if (reader.remaining() > 0) {
            properties.ack(reader);
        }
        return code;
    }

    private static ReasonCode code(int value) {
        ReasonCode code = ReasonCode.of(value);
        if (code == null) {
            throw protocolError("reason code 0x" + Integer.toHexString(value));
        }
        return code;
    }

    private Subscribe subscribe(MqttVersion known) {
        int packetId = reader.packetId();
        int identifier = 0;
        if (known.hasProperties()) {
            properties.subscribe(reader);
            identifier = properties.subscriptionIdentifier;
        }
        List<SubscriptionRequest> requests = new ArrayList<>(2);
        while (reader.remaining() > 0) {
            String filter = reader.string(); // MQTT-3.8.3-1
            requests.add(known.hasProperties() ? request5(filter) : request3(filter));
        }
        if (requests.isEmpty()) { // MQTT-3.8.3-2
            throw protocolError("SUBSCRIBE without filters");
        }
        return new Subscribe(packetId, identifier, requests);
    }

    private SubscriptionRequest request3(String filter) {
        int qos = reader.int8();
        if (qos > 2) { // MQTT 3.1.1: MQTT-3-8.3-4
            throw PacketReader.malformed("requested QoS " + qos);
        }
        return new SubscriptionRequest(filter, QoS.of(qos), false, false, RetainHandling.SEND_AT_SUBSCRIBE);
    }

    private SubscriptionRequest request5(String filter) {
        int options = reader.int8();
        int handling = (options >> 4) & 0x03;
        if ((options & 0xC0) != 0) { // MQTT-3.8.3-5
            throw PacketReader.malformed("reserved subscription options");
        }
        if ((options & 0x03) == 3 || handling == 3) {
            throw protocolError("subscription options 0x" + Integer.toHexString(options));
        }
        return new SubscriptionRequest(
                filter,
                QoS.of(options & 0x03),
                (options & 0x04) != 0,
                (options & 0x08) != 0,
                RetainHandling.values()[handling]);
    }

    private Unsubscribe unsubscribe(MqttVersion known) {
        int packetId = reader.packetId();
        if (known.hasProperties()) {
            properties.unsubscribe(reader);
        }
        List<String> filters = new ArrayList<>(2);
        while (reader.remaining() > 0) {
            filters.add(reader.string()); // MQTT-3.10.3-1
        }
        if (filters.isEmpty()) { // MQTT-3.10.3-2
            throw protocolError("UNSUBSCRIBE without filters");
        }
        return new Unsubscribe(packetId, filters);
    }

    private Disconnect disconnect(MqttVersion known) {
        if (!known.hasProperties() || reader.remaining() == 0) {
            return new Disconnect(ReasonCode.SUCCESS, Disconnect.UNCHANGED);
        }
        ReasonCode code = code(reader.int8());
        boolean allowed =
                switch (code) {
                    case SUCCESS,
                            DISCONNECT_WITH_WILL_MESSAGE,
                            UNSPECIFIED_ERROR,
                            MALFORMED_PACKET,
                            PROTOCOL_ERROR,
                            IMPLEMENTATION_SPECIFIC_ERROR,
                            TOPIC_NAME_INVALID,
                            RECEIVE_MAXIMUM_EXCEEDED,
                            TOPIC_ALIAS_INVALID,
                            PACKET_TOO_LARGE,
                            MESSAGE_RATE_TOO_HIGH,
                            QUOTA_EXCEEDED,
                            ADMINISTRATIVE_ACTION,
                            PAYLOAD_FORMAT_INVALID -> true;
                    default -> false;
                };
        if (!allowed) { // MQTT-3.14.2-1
            throw protocolError("reason code " + code + " in DISCONNECT");
        }
        if (reader.remaining() > 0) {
            properties.disconnect(reader);
            return new Disconnect(code, properties.sessionExpiryInterval);
        }
        return new Disconnect(code, Disconnect.UNCHANGED);
    }

    private Auth auth() {
        if (reader.remaining() == 0) {
            throw protocolError("AUTH without an authentication method");
        }
        ReasonCode code = code(reader.int8());
        if (code != ReasonCode.CONTINUE_AUTHENTICATION && code != ReasonCode.RE_AUTHENTICATE) { // MQTT-3.15.2-1
            throw protocolError("reason code " + code + " in AUTH");
        }
        properties.auth(reader);
        if (properties.authenticationMethod == null) {
            throw protocolError("AUTH without an authentication method");
        }
        return new Auth(code, properties.authenticationMethod, properties.authenticationData);
    }

    private static DisconnectException protocolError(String detail) {
        return new DisconnectException(ReasonCode.PROTOCOL_ERROR, detail);
    }
}
