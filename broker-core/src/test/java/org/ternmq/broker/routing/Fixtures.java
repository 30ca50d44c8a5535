package org.ternmq.broker.routing;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;

/** What the tests of this package make over and over. */
final class Fixtures {
    private Fixtures() {}

    static TopicName topic(String text) {
        return TopicName.ofValid(text);
    }

    static Subscription subscription(Subscriber subscriber, String text) {
        return subscription(subscriber, text, QoS.AT_MOST_ONCE, false, false, 0);
    }

    static Subscription subscription(
            Subscriber subscriber, String text, QoS qos, boolean noLocal, boolean retainAsPublished, int identifier) {
        SharedFilter filter = SharedFilter.parse(text);
        return new Subscription(
                subscriber, filter.filter(), filter.shareName(), qos, noLocal, retainAsPublished, identifier, -1);
    }

    static ApplicationMessage message(String topic) {
        return message(topic, "publisher");
    }

    static ApplicationMessage message(String topic, @Nullable String publisher) {
        return new ApplicationMessage(
                topic(topic),
                QoS.AT_LEAST_ONCE,
                true,
                new byte[] {1},
                new byte[0],
                ApplicationMessage.NEVER,
                publisher);
    }

    static ApplicationMessage expiring(String topic, long expiresAt) {
        return new ApplicationMessage(
                topic(topic), QoS.AT_LEAST_ONCE, true, new byte[] {1}, new byte[0], expiresAt, "publisher");
    }
}
