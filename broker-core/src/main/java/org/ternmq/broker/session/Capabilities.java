package org.ternmq.broker.session;

import org.ternmq.spi.QoS;

/**
 * What this broker offers of what MQTT 5.0 leaves to the server; announced in CONNACK and enforced.
 *
 * @param maximumQos the highest QoS a client may publish with and is granted (MQTT-3.2.2-9)
 * @param retain retained messages
 * @param wildcardSubscriptions filters with wildcards
 * @param subscriptionIdentifiers subscription identifiers
 * @param sharedSubscriptions shared subscriptions
 */
public record Capabilities(
        QoS maximumQos,
        boolean retain,
        boolean wildcardSubscriptions,
        boolean subscriptionIdentifiers,
        boolean sharedSubscriptions) {}
