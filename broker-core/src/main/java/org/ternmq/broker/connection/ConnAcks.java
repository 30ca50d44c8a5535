package org.ternmq.broker.connection;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ConnAckProperties;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.session.Capabilities;

/** What a CONNACK 0x00 says: what was granted where it differs from what was asked, and what this broker offers. */
final class ConnAcks {
    private ConnAcks() {}

    static ConnAckProperties accepted(
            Connect connect,
            String clientId,
            long sessionExpiry,
            int keepAlive,
            byte @Nullable [] authenticationData,
            ConnectionSettings settings) {
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
                .responseInformation(responseInformation(connect, clientId, settings))
                .authentication(connect.authenticationMethod(), authenticationData) // MQTT-4.12.0-5
                .build();
    }

    /** Given only to who asks (MQTT-3.1.2-28). */
    private static @Nullable String responseInformation(Connect connect, String clientId, ConnectionSettings settings) {
        return connect.requestResponseInformation()
                ? settings.responseInformation()
                        .map(template -> template.replace("%c", clientId))
                        .orElse(null)
                : null;
    }

    /**
     * A refusal.
     *
     * @param reason in words, for the client to read
     */
    static ConnAckProperties refused(ReasonCode reasonCode, @Nullable String reason, ConnectionSettings settings) {
        return ConnAckProperties.builder()
                .reasonString(reason)
                .serverReference(serverReference(reasonCode, settings))
                .build();
    }

    /** Where else to go, with the code that says so. */
    static @Nullable String serverReference(ReasonCode reasonCode, ConnectionSettings settings) {
        return reasonCode == ReasonCode.USE_ANOTHER_SERVER
                ? settings.serverReference().orElse(null)
                : null;
    }
}
