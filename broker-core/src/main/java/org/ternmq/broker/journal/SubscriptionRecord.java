package org.ternmq.broker.journal;

import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.spi.QoS;

/**
 * The options of a stored subscription.
 *
 * @param qos the granted QoS
 * @param noLocal No Local
 * @param retainAsPublished Retain As Published
 * @param retainHandling Retain Handling
 * @param identifier the Subscription Identifier, 0 if none
 */
public record SubscriptionRecord(
        QoS qos, boolean noLocal, boolean retainAsPublished, RetainHandling retainHandling, int identifier) {}
