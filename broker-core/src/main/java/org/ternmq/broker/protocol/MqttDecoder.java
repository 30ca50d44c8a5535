package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * Turns the bytes of one client into packets, for 3.1, 3.1.1 and 5.0. Owned by the event loop of its connection. It keeps
 * nothing of the buffer, and how the bytes are cut never changes what comes out; after an exception it is of no more use.
 */
public final class MqttDecoder {
    private static final Packet.PingReq PINGREQ = new Packet.PingReq();

    /** The bit of the protocol level by which brokers know a bridge that speaks 3.x; not of the specification. */
    private static final int BRIDGE = 0x80;

    private final TopicNames names;
    private final DecoderLimits limits;
    private final PacketReader packet;
    private int maximumPacketSize;
    private @Nullable MqttVersion version;
    private @Nullable MqttVersion connAckVersion;
    /** Whether CONNECT said, as Mosquitto's does, that this is a bridge that speaks 3.x. */
    private boolean bridge;
    /** Made for the first packet that has properties: most connections of 3.x never need it. */
    private @Nullable PropertyReader properties;

    /** A decoder for one connection, with the topic names of its event loop. */
    public MqttDecoder(TopicNames names, DecoderLimits limits) {
        this.names = names;
        this.limits = limits;
        this.packet = new PacketReader(names.allowControlCharacters());
        this.maximumPacketSize = limits.maximumFirstPacketSize();
    }

    /** The CONNECT was accepted: packets may be as large as the limits say. */
    public void accepted() {
        maximumPacketSize = limits.maximumPacketSize();
    }

    /** The version that CONNECT announced, null before, and if it is none that is spoken here. */
    public @Nullable MqttVersion version() {
        return version;
    }

    /**
     * The version of the CONNACK that the client understands: that of CONNECT as soon as it is known, even if the CONNECT was
     * refused for something else; for a version not spoken here the nearest one that is; null as long as the client did not
     * speak MQTT, so that nothing may be sent to it.
     */
    public @Nullable MqttVersion connAckVersion() {
        return connAckVersion;
    }

    /**
     * The next packet.
     *
     * @param in read from its reader index, which is moved behind the packet and not moved at all without one
     * @return null if the packet is not there as a whole yet
     * @throws DisconnectException if it is none that a client may send now, as soon as that can be seen
     */
    public @Nullable Packet decode(ByteBuf in) {
        int from = in.readerIndex();
        if (!in.isReadable()) {
            return null;
        }
        int first = in.getUnsignedByte(from);
        MqttVersion spoken = version;
        if (spoken != null) {
            FixedHeader.checkFromClient(first, spoken);
        } else if (first >> 4 != FixedHeader.CONNECT) {
            throw Wire.protocolError("first packet is no CONNECT [MQTT-3.1.0-1]");
        }
        long length = FixedHeader.remainingLength(in, from + 1);
        if (length == FixedHeader.INCOMPLETE) {
            return null;
        }
        boolean padded = FixedHeader.padded(length);
        if (padded && spoken == MqttVersion.V5_0) {
            throw paddedLength();
        }
        int body = from + 1 + FixedHeader.size(length);
        int end = body + FixedHeader.value(length);
        if (end - from > maximumPacketSize) {
            // MQTT-3.2.2-15: seen from the fixed header, nothing was kept.
            throw new DisconnectException(
                    ReasonCode.PACKET_TOO_LARGE, "packet of " + (end - from) + " bytes [MQTT-3.2.2-15]");
        }
        if (end > in.writerIndex()) {
            return null;
        }
        packet.open(in, body, end);
        try {
            Packet result = spoken == null ? connect(first, padded) : next(first, spoken);
            packet.finish();
            in.readerIndex(end);
            return result;
        } finally {
            packet.close();
        }
    }

    private Packet next(int first, MqttVersion spoken) {
        return switch (first >> 4) {
            case FixedHeader.PUBLISH -> publish(first, spoken);
            case FixedHeader.PUBACK -> new Packet.PubAck(packetId(), ackCode(spoken, FixedHeader.PUBACK));
            case FixedHeader.PUBREC -> new Packet.PubRec(packetId(), ackCode(spoken, FixedHeader.PUBREC));
            case FixedHeader.PUBREL -> new Packet.PubRel(packetId(), ackCode(spoken, FixedHeader.PUBREL));
            case FixedHeader.PUBCOMP -> new Packet.PubComp(packetId(), ackCode(spoken, FixedHeader.PUBCOMP));
            case FixedHeader.SUBSCRIBE -> subscribe(spoken);
            case FixedHeader.UNSUBSCRIBE -> unsubscribe(spoken);
            case FixedHeader.PINGREQ -> PINGREQ;
            case FixedHeader.DISCONNECT -> disconnect(spoken);
            default -> auth(); // the fixed header was checked
        };
    }

    private Packet connect(int first, boolean padded) {
        MqttVersion announced = protocolVersion();
        version = announced;
        connAckVersion = announced;
        if (announced != MqttVersion.V3_1) {
            FixedHeader.checkFlags(first, (first & 0x0F) == 0); // 3.1 does not reserve these bits
        }
        if (padded && announced == MqttVersion.V5_0) {
            throw paddedLength();
        }
        return ConnectReader.read(packet, announced.hasProperties() ? properties() : null, names, announced);
    }

    /** Reads Protocol Name and level; what is not spoken here leaves the layout of the CONNACK to send. */
    private MqttVersion protocolVersion() {
        int length = packet.twoBytes();
        int at = packet.take(length);
        ByteBuf in = packet.buffer();
        boolean mqtt = length == 4 && in.getInt(at) == 0x4D51_5454;
        boolean mqisdp = length == 6 && in.getInt(at) == 0x4D51_4973 && in.getUnsignedShort(at + 4) == 0x6470;
        if (!mqtt && !mqisdp) {
            // MQTT-3.1.2-1 lets us close; the peer would not understand a CONNACK.
            throw new DisconnectException(
                    ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "protocol name is not MQTT [MQTT-3.1.2-1]");
        }
        int level = packet.unsignedByte();
        if (mqisdp) {
            if ((level & ~BRIDGE) == MqttVersion.V3_1.level()) {
                bridge = level != MqttVersion.V3_1.level();
                return MqttVersion.V3_1;
            }
            connAckVersion = MqttVersion.V3_1;
        } else {
            if (level == MqttVersion.V5_0.level()) {
                return MqttVersion.V5_0;
            }
            if ((level & ~BRIDGE) == MqttVersion.V3_1_1.level()) {
                bridge = level != MqttVersion.V3_1_1.level();
                return MqttVersion.V3_1_1;
            }
            connAckVersion = level < 4 ? MqttVersion.V3_1_1 : MqttVersion.V5_0;
        }
        throw new DisconnectException(
                ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "protocol level " + level + " [MQTT-3.1.2-2]");
    }

    private Packet publish(int first, MqttVersion spoken) {
        ByteBuf in = packet.buffer();
        int topicLength = packet.twoBytes();
        int topicAt = packet.take(topicLength);
        QoS qos = QoS.of(first >> 1 & 3);
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : packetId(); // MQTT-2.2.1-2
        int alias = Packet.Publish.NO_ALIAS;
        PublishProperties forward = PublishProperties.NONE;
        if (spoken == MqttVersion.V5_0 && !noProperties()) {
            PropertyReader set = properties();
            set.read(packet, PropertyId.IN_PUBLISH);
            if (set.has(PropertyId.SUBSCRIPTION_IDENTIFIER)) {
                throw Wire.protocolError("PUBLISH with a subscription identifier [MQTT-3.3.4-6]");
            }
            alias = (int) set.number(in, PropertyId.TOPIC_ALIAS, Packet.Publish.NO_ALIAS);
            if (alias == 0) {
                throw new DisconnectException(ReasonCode.TOPIC_ALIAS_INVALID, "topic alias 0 [MQTT-3.3.2-8]");
            }
            forward = set.publishProperties(in);
        }
        TopicName topic = null;
        if (topicLength > 0) {
            topic = names.intern(in, topicAt, topicLength);
        } else if (alias < 0) {
            throw Wire.protocolError("PUBLISH with neither topic nor alias [3.3.2.1]");
        }
        boolean dup = (first & 0x08) != 0;
        boolean retain = (first & 0x01) != 0;
        return new Packet.Publish(topic, qos, retain, dup, packetId, alias, packet.rest(), forward);
    }

    /** Passes over a Property Length of 0. */
    private boolean noProperties() {
        if (packet.hasMore() && packet.buffer().getByte(packet.position()) == 0) {
            packet.take(1);
            return true;
        }
        return false;
    }

    private int packetId() {
        int packetId = packet.twoBytes();
        if (packetId == 0) {
            // MQTT-2.2.1-3, 3.1.1: MQTT-2.3.1-1
            throw Wire.protocolError("packet identifier 0 [MQTT-2.2.1-3]");
        }
        return packetId;
    }

    private ReasonCode ackCode(MqttVersion spoken, int type) {
        if (spoken != MqttVersion.V5_0 || !packet.hasMore()) {
            return ReasonCode.SUCCESS; // 3.4.2.1: a length of 2
        }
        ReasonCode code = ReasonCodes.fromClient(type, packet.unsignedByte());
        if (packet.hasMore()) {
            properties().read(packet, PropertyId.IN_ACK);
        }
        return code;
    }

    private Packet subscribe(MqttVersion spoken) {
        int packetId = packetId();
        int identifier = 0;
        boolean options = spoken == MqttVersion.V5_0;
        if (options) {
            PropertyReader set = properties();
            set.read(packet, PropertyId.IN_SUBSCRIBE);
            if (set.has(PropertyId.SUBSCRIPTION_IDENTIFIER)) {
                // 3.8.2.1.2
                identifier = (int) set.positive(packet.buffer(), PropertyId.SUBSCRIPTION_IDENTIFIER, 0);
            }
        }
        if (!packet.hasMore()) {
            throw Wire.protocolError("SUBSCRIBE without a topic filter [MQTT-3.8.3-2]"); // 3.1.1: MQTT-3.8.3-3
        }
        List<SubscriptionRequest> requests = new ArrayList<>(1);
        do {
            String topicFilter = packet.string();
            int b = packet.unsignedByte();
            requests.add(options ? request(topicFilter, b) : requestOf3(topicFilter, b));
        } while (packet.hasMore());
        return new Packet.Subscribe(packetId, identifier, Collections.unmodifiableList(requests));
    }

    private static SubscriptionRequest request(String topicFilter, int options) {
        if ((options & 0xC0) != 0) {
            throw Wire.malformed("reserved bits in the subscription options [MQTT-3.8.3-5]");
        }
        int qos = options & 3;
        int retainHandling = options >> 4;
        if (qos == 3 || retainHandling == 3) {
            throw Wire.protocolError("QoS 3 or retain handling 3 in the subscription options [3.8.3.1]");
        }
        return new SubscriptionRequest(
                topicFilter,
                QoS.of(qos),
                (options & 0x04) != 0,
                (options & 0x08) != 0,
                RetainHandling.of(retainHandling));
    }

    private SubscriptionRequest requestOf3(String topicFilter, int qos) {
        if (qos > 2) {
            throw Wire.malformed("requested QoS byte " + qos + " [3.1.1: MQTT-3.8.3-4]");
        }
        SubscriptionRequest request = SubscriptionRequest.of(topicFilter, QoS.of(qos));
        return bridge ? request.ofBridge() : request;
    }

    private Packet unsubscribe(MqttVersion spoken) {
        int packetId = packetId();
        if (spoken == MqttVersion.V5_0) {
            properties().read(packet, PropertyId.IN_UNSUBSCRIBE);
        }
        if (!packet.hasMore()) {
            throw Wire.protocolError("UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2]");
        }
        List<String> topicFilters = new ArrayList<>(1);
        do {
            topicFilters.add(packet.string());
        } while (packet.hasMore());
        return new Packet.Unsubscribe(packetId, Collections.unmodifiableList(topicFilters));
    }

    private Packet disconnect(MqttVersion spoken) {
        if (spoken != MqttVersion.V5_0 || !packet.hasMore()) {
            return new Packet.Disconnect(ReasonCode.SUCCESS, Packet.Disconnect.ABSENT, null); // 3.14.2.1
        }
        ReasonCode code = ReasonCodes.fromClient(FixedHeader.DISCONNECT, packet.unsignedByte());
        PropertyReader set = properties();
        set.clear();
        if (packet.hasMore()) {
            set.read(packet, PropertyId.IN_DISCONNECT);
        }
        if (set.has(PropertyId.SERVER_REFERENCE)) {
            throw Wire.protocolError("DISCONNECT with a server reference from a client [3.14.2.2.5]");
        }
        ByteBuf in = packet.buffer();
        return new Packet.Disconnect(
                code,
                set.number(in, PropertyId.SESSION_EXPIRY_INTERVAL, Packet.Disconnect.ABSENT),
                set.string(in, PropertyId.REASON_STRING));
    }

    private Packet auth() {
        int value = packet.hasMore() ? packet.unsignedByte() : ReasonCode.SUCCESS.value();
        ReasonCode code = ReasonCodes.fromClient(FixedHeader.AUTH, value); // MQTT-3.15.2-1
        PropertyReader set = properties();
        set.clear();
        if (packet.hasMore()) {
            set.read(packet, PropertyId.IN_AUTH);
        }
        ByteBuf in = packet.buffer();
        String method = set.string(in, PropertyId.AUTHENTICATION_METHOD);
        if (method == null) {
            throw Wire.protocolError("AUTH without an authentication method [3.15.2.2.2]");
        }
        return new Packet.Auth(
                code, method, set.binary(in, PropertyId.AUTHENTICATION_DATA), set.string(in, PropertyId.REASON_STRING));
    }

    private PropertyReader properties() {
        PropertyReader reader = properties;
        if (reader == null) {
            reader = new PropertyReader(limits.maximumUserProperties());
            properties = reader;
        }
        return reader;
    }

    private static DisconnectException paddedLength() {
        return Wire.malformed("remaining length is not in its shortest form [MQTT-1.5.5-1]");
    }
}
