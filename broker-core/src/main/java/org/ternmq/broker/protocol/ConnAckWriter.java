package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/** Writes the CONNACK of 5.0 (3.2). */
final class ConnAckWriter {
    private ConnAckWriter() {}

    /** Writes it without Reason String, then without User Properties if it does not fit otherwise, else not at all. */
    static boolean write(
            ByteBuf out, boolean sessionPresent, ReasonCode code, ConnAckProperties p, long maximumPacketSize) {
        int required = requiredSize(p);
        String reasonString = p.reasonString();
        List<UserProperty> userProperties = p.userProperties();
        int properties =
                required + PropertyWriter.stringSize(reasonString) + PropertyWriter.userPropertiesSize(userProperties);
        if (size(properties) > maximumPacketSize && reasonString != null) {
            properties -= PropertyWriter.stringSize(reasonString); // MQTT-3.2.2-19
            reasonString = null;
        }
        if (size(properties) > maximumPacketSize) {
            userProperties = List.of(); // MQTT-3.2.2-20
            properties = required;
        }
        if (size(properties) > maximumPacketSize) {
            return false;
        }
        MqttEncoder.start(out, 0x20, length(properties));
        out.writeByte(sessionPresent ? 1 : 0).writeByte(code.value()); // MQTT-3.2.2-1
        Wire.writeVariableByteInteger(out, properties);
        writeRequired(out, p);
        PropertyWriter.string(out, PropertyId.REASON_STRING, reasonString);
        PropertyWriter.userProperties(out, userProperties);
        return true;
    }

    private static int length(int properties) {
        return 2 + Wire.variableByteIntegerSize(properties) + properties;
    }

    private static int size(int properties) {
        return MqttEncoder.size(length(properties));
    }

    private static boolean limitsPacketSize(ConnAckProperties p) {
        return p.maximumPacketSize() < Packet.NO_MAXIMUM_PACKET_SIZE;
    }

    private static int requiredSize(ConnAckProperties p) {
        return (p.sessionExpiryInterval() >= 0 ? 5 : 0)
                + (p.receiveMaximum() < Packet.DEFAULT_RECEIVE_MAXIMUM ? 3 : 0)
                + (p.maximumQos() == QoS.EXACTLY_ONCE ? 0 : 2)
                + (p.retainAvailable() ? 0 : 2)
                + (limitsPacketSize(p) ? 5 : 0)
                + PropertyWriter.stringSize(p.assignedClientId())
                + (p.topicAliasMaximum() > 0 ? 3 : 0)
                + (p.wildcardSubscriptionAvailable() ? 0 : 2)
                + (p.subscriptionIdentifierAvailable() ? 0 : 2)
                + (p.sharedSubscriptionAvailable() ? 0 : 2)
                + (p.serverKeepAlive() >= 0 ? 3 : 0)
                + PropertyWriter.stringSize(p.responseInformation())
                + PropertyWriter.stringSize(p.serverReference())
                + PropertyWriter.stringSize(p.authenticationMethod())
                + PropertyWriter.binarySize(p.authenticationData());
    }

    private static void writeRequired(ByteBuf out, ConnAckProperties p) {
        if (p.sessionExpiryInterval() >= 0) {
            PropertyWriter.fourBytes(out, PropertyId.SESSION_EXPIRY_INTERVAL, p.sessionExpiryInterval());
        }
        if (p.receiveMaximum() < Packet.DEFAULT_RECEIVE_MAXIMUM) {
            PropertyWriter.twoBytes(out, PropertyId.RECEIVE_MAXIMUM, p.receiveMaximum());
        }
        if (p.maximumQos() != QoS.EXACTLY_ONCE) {
            out.writeByte(PropertyId.MAXIMUM_QOS).writeByte(p.maximumQos().value()); // MQTT-3.2.2-9: never 2
        }
        writeIfMissing(out, PropertyId.RETAIN_AVAILABLE, p.retainAvailable());
        if (limitsPacketSize(p)) {
            PropertyWriter.fourBytes(out, PropertyId.MAXIMUM_PACKET_SIZE, p.maximumPacketSize());
        }
        PropertyWriter.string(out, PropertyId.ASSIGNED_CLIENT_IDENTIFIER, p.assignedClientId());
        if (p.topicAliasMaximum() > 0) {
            PropertyWriter.twoBytes(out, PropertyId.TOPIC_ALIAS_MAXIMUM, p.topicAliasMaximum());
        }
        writeIfMissing(out, PropertyId.WILDCARD_SUBSCRIPTION_AVAILABLE, p.wildcardSubscriptionAvailable());
        writeIfMissing(out, PropertyId.SUBSCRIPTION_IDENTIFIER_AVAILABLE, p.subscriptionIdentifierAvailable());
        writeIfMissing(out, PropertyId.SHARED_SUBSCRIPTION_AVAILABLE, p.sharedSubscriptionAvailable());
        if (p.serverKeepAlive() >= 0) {
            PropertyWriter.twoBytes(out, PropertyId.SERVER_KEEP_ALIVE, p.serverKeepAlive());
        }
        PropertyWriter.string(out, PropertyId.RESPONSE_INFORMATION, p.responseInformation());
        PropertyWriter.string(out, PropertyId.SERVER_REFERENCE, p.serverReference());
        PropertyWriter.string(out, PropertyId.AUTHENTICATION_METHOD, p.authenticationMethod());
        PropertyWriter.binary(out, PropertyId.AUTHENTICATION_DATA, p.authenticationData());
    }

    private static void writeIfMissing(ByteBuf out, int id, boolean available) {
        if (!available) {
            PropertyWriter.flag(out, id, false);
        }
    }
}
