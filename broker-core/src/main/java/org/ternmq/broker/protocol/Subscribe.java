package org.ternmq.broker.protocol;

import java.util.List;

/**
 * SUBSCRIBE. The filters are strings of valid UTF-8; whether they are topic filters is checked above.
 *
 * @param subscriptionIdentifier 0 if there is none
 * @param requests at least one
 */
public record Subscribe(int packetId, int subscriptionIdentifier, List<SubscriptionRequest> requests)
        implements Packet {}
