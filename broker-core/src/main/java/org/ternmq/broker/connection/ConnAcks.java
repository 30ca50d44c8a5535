package org.ternmq.broker.connection;

import io.netty.buffer.ByteBuf;
import org.ternmq.broker.protocol.ConnAckProperties;
import org.ternmq.broker.protocol.Connect;
import org.ternmq.broker.protocol.MqttEncoder;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.session.Capabilities;

/** The CONNACK of a connection: what was granted where it differs from what was asked, and what this broker offers. */
final class ConnAcks {
    private ConnAcks() {}

    /** Writes CONNACK 0x00. False if it does not fit the client's Maximum Packet Size. */
    static boolean accepted(
            ByteBuf out,
            Connect connect,
            String clientId,
            boolean sessionPresent,
            long sessionExpiry,
            ConnectSequence connects) {
        ConnectionSettings settings = connects.settings();
        Capabilities offers = settings.capabilities();
        int keepAlive = connects.keepAlive(connect);
        ConnAckProperties properties = new ConnAckProperties(
                sessionExpiry == connect.sessionExpiryInterval() ? -1 : sessionExpiry,
                settings.receiveMaximum(),
                offers.maximumQos().value(),
                offers.retain(),
                settings.maxPacketSize(),
                connect.clientId().isEmpty() ? clientId : null,
                settings.topicAliasMaximum(),
                offers.wildcardSubscriptions(),
                offers.subscriptionIdentifiers(),
                offers.sharedSubscriptions(),
                keepAlive == connect.keepAlive() ? -1 : keepAlive);
        return MqttEncoder.connAck(out, connect.version(), sessionPresent, properties, connect.maximumPacketSize());
    }

    /** Writes CONNACK with an error, or nothing where no CONNACK can say it. */
    static void refused(ByteBuf out, MqttVersion version, ReasonCode reasonCode, long maximumPacketSize) {
        switch (reasonCode) {
            case SESSION_TAKEN_OVER -> {} // it may not stand in a CONNACK (MQTT-3.2.2-8)
            case SERVER_SHUTTING_DOWN ->
                MqttEncoder.connAckRefused(out, version, ReasonCode.SERVER_UNAVAILABLE, maximumPacketSize);
            default -> MqttEncoder.connAckRefused(out, version, reasonCode, maximumPacketSize);
        }
    }
}
