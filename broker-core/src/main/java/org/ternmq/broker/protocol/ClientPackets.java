package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * The client's side of the wire, for the command line client and the load generator: writes what a client sends and reads
 * what a server sends. Owned by the event loop of one connection. It trusts its caller more than a server may.
 */
public final class ClientPackets {
    private static final ServerPacket.PingResp PINGRESP = new ServerPacket.PingResp();

    private final MqttVersion version;
    private final MqttEncoder encoder;
    private final TopicNames names;
    private final PacketReader packet;
    private final PropertyReader properties = new PropertyReader(Integer.MAX_VALUE);

    /** A client that speaks a version, with a cache for the topics it receives. */
    public ClientPackets(MqttVersion version, TopicNames names) {
        this.version = version;
        this.encoder = MqttEncoder.forVersion(version);
        this.names = names;
        this.packet = new PacketReader(true);
    }

    /** CONNECT, of the version of this client. */
    public void connect(ByteBuf out, Packet.Connect connect) {
        ConnectWriter.write(out, connect);
    }

    /**
     * PUBLISH.
     *
     * @param message its QoS, RETAIN flag, payload and properties are sent
     * @param packetId not used with QoS 0
     * @param expiryInterval seconds, or {@link PublishProperties#NEVER}
     */
    public void publish(ByteBuf out, ApplicationMessage message, int packetId, boolean dup, long expiryInterval) {
        encoder.publish(
                out,
                message.topic(),
                message,
                packetId,
                message.qos(),
                dup,
                message.retain(),
                Packet.Publish.NO_ALIAS,
                expiryInterval,
                Wire.NO_IDENTIFIERS);
    }

    /** PUBACK. */
    public void pubAck(ByteBuf out, int packetId) {
        encoder.pubAck(out, packetId, ReasonCode.SUCCESS, null);
    }

    /** PUBREC. */
    public void pubRec(ByteBuf out, int packetId) {
        encoder.pubRec(out, packetId, ReasonCode.SUCCESS, null);
    }

    /** PUBREL. */
    public void pubRel(ByteBuf out, int packetId) {
        encoder.pubRel(out, packetId, ReasonCode.SUCCESS);
    }

    /** PUBCOMP. */
    public void pubComp(ByteBuf out, int packetId) {
        encoder.pubComp(out, packetId, ReasonCode.SUCCESS);
    }

    /** SUBSCRIBE. In 3.x the options beside the QoS and the identifier are not sent. */
    public void subscribe(ByteBuf out, Packet.Subscribe subscribe) {
        int identifier = subscribe.subscriptionIdentifier();
        int set = identifier == 0 ? 0 : 1 + Wire.variableByteIntegerSize(identifier);
        int length = 2 + (version.hasProperties() ? 1 + set : 0);
        for (SubscriptionRequest request : subscribe.requests()) {
            length += Wire.stringSize(request.topicFilter()) + 1;
        }
        MqttEncoder.start(out, 0x82, length);
        out.writeShort(subscribe.packetId());
        if (version.hasProperties()) {
            out.writeByte(set);
            if (set > 0) {
                out.writeByte(PropertyId.SUBSCRIPTION_IDENTIFIER);
                Wire.writeVariableByteInteger(out, identifier);
            }
        }
        for (SubscriptionRequest request : subscribe.requests()) {
            Wire.writeString(out, request.topicFilter());
            out.writeByte(
                    version.hasProperties()
                            ? request.options()
                            : request.maximumQos().value());
        }
    }

    /** UNSUBSCRIBE. */
    public void unsubscribe(ByteBuf out, Packet.Unsubscribe unsubscribe) {
        int length = 2 + (version.hasProperties() ? 1 : 0);
        for (String topicFilter : unsubscribe.topicFilters()) {
            length += Wire.stringSize(topicFilter);
        }
        MqttEncoder.start(out, 0xA2, length);
        out.writeShort(unsubscribe.packetId());
        if (version.hasProperties()) {
            out.writeByte(0);
        }
        for (String topicFilter : unsubscribe.topicFilters()) {
            Wire.writeString(out, topicFilter);
        }
    }

    /** PINGREQ. */
    public void pingReq(ByteBuf out) {
        out.writeShort(0xC000);
    }

    /** DISCONNECT, in 3.x without a code. */
    public void disconnect(ByteBuf out, Packet.Disconnect disconnect) {
        ReasonCode code = disconnect.reasonCode();
        boolean expiry = disconnect.sessionExpiryInterval() != Packet.Disconnect.ABSENT;
        int set = (expiry ? 5 : 0) + PropertyWriter.stringSize(disconnect.reasonString());
        if (!version.hasProperties() || (code == ReasonCode.SUCCESS && set == 0)) {
            out.writeShort(0xE000);
            return;
        }
        MqttEncoder.start(out, 0xE0, set == 0 ? 1 : 1 + Wire.variableByteIntegerSize(set) + set);
        out.writeByte(code.value());
        if (set > 0) {
            Wire.writeVariableByteInteger(out, set);
            if (expiry) {
                PropertyWriter.fourBytes(out, PropertyId.SESSION_EXPIRY_INTERVAL, disconnect.sessionExpiryInterval());
            }
            PropertyWriter.string(out, PropertyId.REASON_STRING, disconnect.reasonString());
        }
    }

    /** AUTH, in 5.0 only. */
    public void auth(ByteBuf out, Packet.Auth auth) {
        encoder.auth(out, auth.reasonCode(), auth.method(), auth.data(), auth.reasonString());
    }

    /**
     * The next packet from the server.
     *
     * @param in read from its reader index, which is moved behind the packet and not moved at all without one
     * @return null if the packet is not there as a whole yet
     * @throws DisconnectException if a server may not send it
     */
    public @Nullable ServerPacket decode(ByteBuf in) {
        int from = in.readerIndex();
        if (!in.isReadable()) {
            return null;
        }
        int first = in.getUnsignedByte(from);
        long length = FixedHeader.remainingLength(in, from + 1);
        if (length == FixedHeader.INCOMPLETE) {
            return null;
        }
        int body = from + 1 + FixedHeader.size(length);
        int end = body + FixedHeader.value(length);
        if (end > in.writerIndex()) {
            return null;
        }
        packet.open(in, body, end);
        try {
            ServerPacket result = next(first);
            packet.finish();
            in.readerIndex(end);
            return result;
        } finally {
            packet.close();
        }
    }

    private ServerPacket next(int first) {
        int type = first >> 4;
        if (type == FixedHeader.PUBLISH) {
            FixedHeader.checkPublish(first & 0x0F);
        } else {
            FixedHeader.checkFlags(first, (first & 0x0F) == (type == FixedHeader.PUBREL ? 2 : 0));
        }
        return switch (type) {
            case FixedHeader.CONNACK -> connAck();
            case FixedHeader.PUBLISH -> publish(first);
            case FixedHeader.PUBACK -> new Packet.PubAck(packet.twoBytes(), ackCode());
            case FixedHeader.PUBREC -> new Packet.PubRec(packet.twoBytes(), ackCode());
            case FixedHeader.PUBREL -> new Packet.PubRel(packet.twoBytes(), ackCode());
            case FixedHeader.PUBCOMP -> new Packet.PubComp(packet.twoBytes(), ackCode());
            case FixedHeader.SUBACK -> new ServerPacket.SubAck(packet.twoBytes(), codes());
            case FixedHeader.UNSUBACK -> new ServerPacket.UnsubAck(packet.twoBytes(), codes());
            case FixedHeader.PINGRESP -> PINGRESP;
            case FixedHeader.DISCONNECT -> disconnect();
            case FixedHeader.AUTH -> auth();
            default -> throw Wire.protocolError("packet type " + type + " from a server [2.1.2]");
        };
    }

    private ServerPacket connAck() {
        boolean sessionPresent = (packet.unsignedByte() & 1) != 0;
        int value = packet.unsignedByte();
        if (!version.hasProperties()) {
            return new ServerPacket.ConnAck(sessionPresent, Mqtt3Codes.fromConnAck(value), ConnAckProperties.NONE);
        }
        if (!packet.hasMore() && value != 0) {
            // A server that does not speak 5.0 answers in the form of 3.1.1.
            return new ServerPacket.ConnAck(false, Mqtt3Codes.fromConnAck(value), ConnAckProperties.NONE);
        }
        properties.read(packet, PropertyId.IN_CONNACK);
        return new ServerPacket.ConnAck(sessionPresent, ReasonCodes.fromServer(value), connAckProperties());
    }

    private ConnAckProperties connAckProperties() {
        ByteBuf in = packet.buffer();
        PropertyReader p = properties;
        ConnAckProperties.Builder b = ConnAckProperties.builder()
                .sessionExpiryInterval(p.number(in, PropertyId.SESSION_EXPIRY_INTERVAL, ConnAckProperties.ABSENT))
                .receiveMaximum((int) p.positive(in, PropertyId.RECEIVE_MAXIMUM, Packet.DEFAULT_RECEIVE_MAXIMUM))
                .maximumQos(p.has(PropertyId.MAXIMUM_QOS) ? maximumQos(in) : QoS.EXACTLY_ONCE)
                .retainAvailable(p.flag(in, PropertyId.RETAIN_AVAILABLE, true))
                .maximumPacketSize(p.positive(in, PropertyId.MAXIMUM_PACKET_SIZE, Packet.NO_MAXIMUM_PACKET_SIZE))
                .assignedClientId(p.string(in, PropertyId.ASSIGNED_CLIENT_IDENTIFIER))
                .topicAliasMaximum((int) p.number(in, PropertyId.TOPIC_ALIAS_MAXIMUM, 0))
                .reasonString(p.string(in, PropertyId.REASON_STRING))
                .wildcardSubscriptionAvailable(p.flag(in, PropertyId.WILDCARD_SUBSCRIPTION_AVAILABLE, true))
                .subscriptionIdentifierAvailable(p.flag(in, PropertyId.SUBSCRIPTION_IDENTIFIER_AVAILABLE, true))
                .sharedSubscriptionAvailable(p.flag(in, PropertyId.SHARED_SUBSCRIPTION_AVAILABLE, true))
                .serverKeepAlive((int) p.number(in, PropertyId.SERVER_KEEP_ALIVE, ConnAckProperties.ABSENT))
                .responseInformation(p.string(in, PropertyId.RESPONSE_INFORMATION))
                .serverReference(p.string(in, PropertyId.SERVER_REFERENCE))
                .authentication(
                        p.string(in, PropertyId.AUTHENTICATION_METHOD), p.binary(in, PropertyId.AUTHENTICATION_DATA));
        p.userProperties(in).forEach(b::userProperty);
        return b.build();
    }

    private QoS maximumQos(ByteBuf in) {
        return properties.flag(in, PropertyId.MAXIMUM_QOS, true) ? QoS.AT_LEAST_ONCE : QoS.AT_MOST_ONCE;
    }

    private ServerPacket publish(int first) {
        ByteBuf in = packet.buffer();
        int topicLength = packet.twoBytes();
        int topicAt = packet.take(topicLength);
        QoS qos = QoS.of(first >> 1 & 3);
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : packet.twoBytes();
        int alias = Packet.Publish.NO_ALIAS;
        PublishProperties forward = PublishProperties.NONE;
        int[] identifiers = Wire.NO_IDENTIFIERS;
        if (version.hasProperties()) {
            properties.read(packet, PropertyId.IN_PUBLISH);
            alias = (int) properties.number(in, PropertyId.TOPIC_ALIAS, Packet.Publish.NO_ALIAS);
            forward = properties.publishProperties(in);
            identifiers = properties.subscriptionIdentifiers(in);
        }
        TopicName topic = topicLength == 0 ? null : names.intern(in, topicAt, topicLength);
        Packet.Publish publish = new Packet.Publish(
                topic, qos, (first & 1) != 0, (first & 8) != 0, packetId, alias, packet.rest(), forward);
        return new ServerPacket.Delivery(publish, identifiers);
    }

    private ReasonCode ackCode() {
        if (!version.hasProperties() || !packet.hasMore()) {
            return ReasonCode.SUCCESS;
        }
        ReasonCode code = ReasonCodes.fromServer(packet.unsignedByte());
        if (packet.hasMore()) {
            properties.read(packet, PropertyId.IN_ACK);
        }
        return code;
    }

    private List<ReasonCode> codes() {
        if (version.hasProperties()) {
            properties.read(packet, PropertyId.IN_ACK);
        }
        List<ReasonCode> codes = new ArrayList<>(packet.remaining());
        while (packet.hasMore()) {
            codes.add(ReasonCodes.fromServer(packet.unsignedByte()));
        }
        return codes;
    }

    private ServerPacket disconnect() {
        ReasonCode code = packet.hasMore() ? ReasonCodes.fromServer(packet.unsignedByte()) : ReasonCode.SUCCESS;
        properties.clear();
        if (packet.hasMore()) {
            properties.read(packet, PropertyId.IN_DISCONNECT);
        }
        ByteBuf in = packet.buffer();
        return new Packet.Disconnect(
                code,
                properties.number(in, PropertyId.SESSION_EXPIRY_INTERVAL, Packet.Disconnect.ABSENT),
                properties.string(in, PropertyId.REASON_STRING));
    }

    private ServerPacket auth() {
        ReasonCode code = ReasonCodes.fromServer(packet.unsignedByte());
        properties.read(packet, PropertyId.IN_AUTH);
        ByteBuf in = packet.buffer();
        String method = properties.string(in, PropertyId.AUTHENTICATION_METHOD);
        if (method == null) {
            throw Wire.protocolError("AUTH without an authentication method [3.15.2.2.2]");
        }
        return new Packet.Auth(
                code,
                method,
                properties.binary(in, PropertyId.AUTHENTICATION_DATA),
                properties.string(in, PropertyId.REASON_STRING));
    }
}
