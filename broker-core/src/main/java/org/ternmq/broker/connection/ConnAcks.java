package org.ternmq.broker.connection;

import org.ternmq.broker.protocol.ConnAckProperties;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.session.Capabilities;

/** What a CONNACK 0x00 says: what was granted where it differs from what was asked, and what this broker offers. */
final class ConnAcks {
    private ConnAcks() {}

    static ConnAckProperties accepted(
            Connect connect, String clientId, long sessionExpiry, int keepAlive, ConnectionSettings settings) {
        Capabilities offers = settings.capabilities();
        return ConnAckProperties.builder()
                .sessionExpiryInterval(
                        sessionExpiry == connect.sessionExpiryInterval() ? ConnAckProperties.ABSENT : sessionExpiry)
                .receiveMaximum(settings.receiveMaximum())
                .maximumQos(offers.maximumQos()) // MQTT-3.2.2-9
                .retainAvailable(offers.retain())
                .maximumPacketSize(settings.maxPacketSize())
                .assignedClientId(connect.clientId().isEmpty() ? clientId : null) // MQTT-3.2.2-16
                .topicAliasMaximum(settings.topicAliasMaximum())
                .wildcardSubscriptionAvailable(offers.wildcardSubscriptions())
                .subscriptionIdentifierAvailable(offers.subscriptionIdentifiers())
                .sharedSubscriptionAvailable(offers.sharedSubscriptions())
                .serverKeepAlive(keepAlive == connect.keepAlive() ? ConnAckProperties.ABSENT : keepAlive)
                .build();
    }
}
