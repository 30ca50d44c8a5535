package org.ternmq.spi.control;

import java.util.List;

/**
 * Somebody who would get a message of a topic, and why.
 *
 * @param clientId who
 * @param filters the subscriptions that match, as the client wrote them
 * @param qos the highest QoS granted to them
 * @param shared whether it is one of the members of a shared subscription, of which only one gets each message
 * @param outcome what would become of the message now
 */
public record RouteView(String clientId, List<String> filters, int qos, boolean shared, Outcome outcome) {
    /** What would become of a message. */
    public enum Outcome {
        /** It goes out, or waits for its turn. */
        DELIVERED,
        /** The client is away: at QoS 1 and 2 it waits for it. */
        QUEUED,
        /** The client is away, and the subscription is one at QoS 0. */
        NOT_CONNECTED,
        /** The session has no room for more. */
        QUEUE_FULL,
        /** An access rule does not let the client receive it. */
        DENIED
    }

    /**
     * Copies the list.
     *
     * @param clientId who
     * @param filters the subscriptions that match, as the client wrote them
     * @param qos the highest QoS granted to them
     * @param shared whether it is one of the members of a shared subscription, of which only one gets each message
     * @param outcome what would become of the message now
     */
    public RouteView {
        filters = List.copyOf(filters);
    }
}
