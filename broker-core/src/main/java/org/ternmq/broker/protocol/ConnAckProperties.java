package org.ternmq.broker.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What a CONNACK 0x00 tells a 5.0 client. A value of -1 or null is left out.
 *
 * @param sessionExpiryInterval only where it differs from what the client asked for
 * @param receiveMaximum 65535 is left out
 * @param maximumQos 2 is left out
 * @param retainAvailable true is left out, as for the other features
 * @param maximumPacketSize bytes
 * @param assignedClientIdentifier only where the client sent none (MQTT-3.2.2-16)
 * @param topicAliasMaximum 0 is left out
 * @param serverKeepAlive only where it differs from what the client asked for
 */
public record ConnAckProperties(
        long sessionExpiryInterval,
        int receiveMaximum,
        int maximumQos,
        boolean retainAvailable,
        long maximumPacketSize,
        @Nullable String assignedClientIdentifier,
        int topicAliasMaximum,
        boolean wildcardSubscriptionAvailable,
        boolean subscriptionIdentifierAvailable,
        boolean sharedSubscriptionAvailable,
        int serverKeepAlive) {}
