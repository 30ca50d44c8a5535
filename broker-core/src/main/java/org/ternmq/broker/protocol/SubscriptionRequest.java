package org.ternmq.broker.protocol;

import org.ternmq.spi.QoS;

/** One filter of a SUBSCRIBE with its options. */
public record SubscriptionRequest(
        String topicFilter,
        QoS maximum,
        boolean noLocal,
        boolean retainAsPublished,
        RetainHandling retainHandling) {}
