package org.ternmq.broker.protocol;

import org.ternmq.spi.QoS;

/**
 * One Topic Filter of a SUBSCRIBE with its options. The filter is a string of MQTT, possibly empty; its syntax is not
 * checked yet. What 3.x cannot say has the value it implies there: no No Local, no Retain As Published, SEND.
 */
public record SubscriptionRequest(
        String topicFilter, QoS maximumQos, boolean noLocal, boolean retainAsPublished, RetainHandling retainHandling) {
    /** A request with the options of 3.x. */
    public static SubscriptionRequest of(String topicFilter, QoS maximumQos) {
        return new SubscriptionRequest(topicFilter, maximumQos, false, false, RetainHandling.SEND);
    }

    /** The same for a bridge of 3.x: nothing comes back that it published itself, and RETAIN stays as published. */
    SubscriptionRequest ofBridge() {
        boolean shared = topicFilter.startsWith("$share/"); // MQTT-3.8.3-4
        return new SubscriptionRequest(topicFilter, maximumQos, !shared, true, retainHandling);
    }

    /** The Subscription Options byte. */
    int options() {
        return maximumQos.value() | (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | retainHandling.value() << 4;
    }
}
