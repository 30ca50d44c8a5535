package org.ternmq.broker.routing;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * That a subscriber gets the messages of a topic, once each, however many of its plain subscriptions match: what they ask
 * for, taken together. Immutable.
 */
public final class Match {
    private static final Subscription[] NO_MORE = {};
    private static final int[] NO_IDENTIFIERS = {};

    private final Subscription first;
    private final Subscription[] more;
    private final QoS qos;
    private final boolean retainAsPublished;
    private final boolean noLocal;
    private final int[] subscriptionIdentifiers;

    /** The match of one subscription. */
    Match(Subscription only) {
        int identifier = only.subscriptionIdentifier();
        first = only;
        more = NO_MORE;
        qos = only.qos();
        retainAsPublished = only.retainAsPublished();
        noLocal = only.noLocal();
        subscriptionIdentifiers = identifier == 0 ? NO_IDENTIFIERS : new int[] {identifier};
    }

    /** The match of several subscriptions of one subscriber. */
    private Match(List<Subscription> overlapping) {
        first = overlapping.get(0);
        more = overlapping.subList(1, overlapping.size()).toArray(NO_MORE);
        QoS highest = first.qos();
        boolean published = first.retainAsPublished();
        boolean local = first.noLocal();
        for (Subscription s : more) {
            highest = highest.max(s.qos()); // MQTT-3.3.4-2
            published |= s.retainAsPublished();
            local |= s.noLocal();
        }
        qos = highest;
        retainAsPublished = published;
        noLocal = local;
        // MQTT-3.3.4-4: of all that have one; the same one twice if two subscriptions share it.
        int[] identifiers = overlapping.stream()
                .mapToInt(Subscription::subscriptionIdentifier)
                .filter(i -> i != 0)
                .toArray();
        subscriptionIdentifiers = identifiers.length == 0 ? NO_IDENTIFIERS : identifiers;
    }

    /** The match of one or more subscriptions of one subscriber. */
    static Match of(List<Subscription> overlapping) {
        return overlapping.size() == 1 ? overlapping.get(0).match() : new Match(overlapping);
    }

    /** Who gets the message. */
    public Subscriber subscriber() {
        return first.subscriber();
    }

    /** The highest QoS granted to any of the subscriptions (MQTT-3.3.4-2). */
    public QoS qos() {
        return qos;
    }

    /** Whether any of the subscriptions asks for the RETAIN flag as it was published. */
    public boolean retainAsPublished() {
        return retainAsPublished;
    }

    /** The identifiers of all subscriptions that have one (MQTT-3.3.4-3, -4); not to be changed. */
    public int[] subscriptionIdentifiers() {
        return subscriptionIdentifiers;
    }

    /** The smallest {@link Subscription#since()} of the subscriptions, as it is now. */
    public long since() {
        long smallest = first.since();
        for (Subscription s : more) {
            smallest = Math.min(smallest, s.since());
        }
        return smallest;
    }

    /**
     * What is left of the match for a message of this publisher: without the subscriptions that want nothing of their own
     * client (MQTT-3.8.3-3).
     *
     * @param clientId the publisher's client identifier, null for the broker itself
     * @return this match, a smaller one, or null if the subscriber does not want the message
     */
    public @Nullable Match forPublisher(@Nullable String clientId) {
        if (!noLocal || !Objects.equals(clientId, subscriber().clientId())) {
            return this;
        }
        List<Subscription> rest =
                subscriptions().stream().filter(s -> !s.noLocal()).toList();
        return rest.isEmpty() ? null : of(rest);
    }

    /** The subscriptions that match, in no order. */
    public List<Subscription> subscriptions() {
        Subscription[] all = new Subscription[1 + more.length];
        all[0] = first;
        System.arraycopy(more, 0, all, 1, more.length);
        return Arrays.asList(all);
    }

    @Override
    public String toString() {
        return subscriptions().toString();
    }
}
