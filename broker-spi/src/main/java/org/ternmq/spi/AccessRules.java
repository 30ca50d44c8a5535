package org.ternmq.spi;

/**
 * What one client may do. Its methods are called on an event loop, by one thread at a time, and are hot: they must not
 * block, and should answer in well under a microsecond. An exception is a {@link Decision#DENY}, counted and logged.
 */
public interface AccessRules {
    /** A verdict. */
    enum Decision {
        /** Allowed. */
        ALLOW,
        /** Denied. */
        DENY,
        /** No rule of mine: the next authorizer is asked. */
        ABSTAIN
    }

    /**
     * May the client publish this? Asked for each PUBLISH, for the will at CONNECT and again when the will is sent.
     *
     * @param topic the topic name
     * @param qos the message's QoS
     * @param retain whether the message is to be retained
     * @return the verdict
     */
    Decision publish(String topic, QoS qos, boolean retain);

    /**
     * May the client subscribe to this? Of a shared subscription the filter behind the share name is asked.
     *
     * @param filter the filter, never a {@code $share} one
     * @param qos the requested maximum
     * @return the verdict
     */
    Decision subscribe(TopicFilter filter, QoS qos);

    /**
     * Whether {@link #receive} has to be asked for each message on its way to the client. Asked once, on the worker that fetched
     * the rules; an exception is as one of {@link Authorizer#rulesFor}.
     *
     * @return false where {@link #subscribe} says it all, which saves a call per delivery
     */
    default boolean checksDeliveries() {
        return false;
    }

    /**
     * May the client receive this? Asked only if {@link #checksDeliveries}; what is denied is dropped and counted.
     *
     * @param topic the topic name
     * @param qos the message's QoS
     * @return the verdict
     */
    default Decision receive(String topic, QoS qos) {
        return Decision.ABSTAIN;
    }
}
