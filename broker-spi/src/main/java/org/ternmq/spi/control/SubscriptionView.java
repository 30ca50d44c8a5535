package org.ternmq.spi.control;

/**
 * A subscription.
 *
 * @param clientId whose
 * @param filter as the client wrote it, with {@code $share/name/} if it is shared
 * @param qos the granted QoS
 * @param noLocal whether it leaves out what its own client publishes
 * @param retainAsPublished whether messages keep their RETAIN flag
 * @param identifier the Subscription Identifier, 0 for none
 */
public record SubscriptionView(
        String clientId, String filter, int qos, boolean noLocal, boolean retainAsPublished, int identifier) {}
