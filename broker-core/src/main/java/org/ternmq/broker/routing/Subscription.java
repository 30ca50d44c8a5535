package org.ternmq.broker.routing;

import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * One subscription of one subscriber, as granted. Compared by identity; immutable but for {@link #since()}, which may be
 * read and set from any thread.
 */
public final class Subscription {
    private final Subscriber subscriber;
    private final TopicFilter filter;
    private final @Nullable String shareName;
    private final QoS qos;
    private final boolean noLocal;
    private final boolean retainAsPublished;
    private final int subscriptionIdentifier;
    private volatile long since;

    /** Made at the first match. Two threads may both make one; they are alike and safe to hand over without a fence. */
    private @Nullable Match match;

    /**
     * A subscription.
     *
     * @param filter the topic filter, without {@code $share/name/} in front
     * @param shareName the name of the shared group, null if it is not shared
     * @param qos the granted maximum
     * @param subscriptionIdentifier 0 if there is none
     * @param since see {@link #since()}
     */
    public Subscription(
            Subscriber subscriber,
            TopicFilter filter,
            @Nullable String shareName,
            QoS qos,
            boolean noLocal,
            boolean retainAsPublished,
            int subscriptionIdentifier,
            long since) {
        this.subscriber = subscriber;
        this.filter = filter;
        this.shareName = shareName;
        this.qos = qos;
        this.noLocal = noLocal;
        this.retainAsPublished = retainAsPublished;
        this.subscriptionIdentifier = subscriptionIdentifier;
        this.since = since;
    }

    /** Who subscribed. */
    public Subscriber subscriber() {
        return subscriber;
    }

    /** What is matched with topics: the filter without {@code $share/name/} in front. */
    public TopicFilter filter() {
        return filter;
    }

    /** The name of the shared group, null if it is not shared. */
    public @Nullable String shareName() {
        return shareName;
    }

    /** The granted maximum QoS. */
    public QoS qos() {
        return qos;
    }

    /** Whether it does not want what its own client publishes (MQTT-3.8.3-3). */
    public boolean noLocal() {
        return noLocal;
    }

    /** Whether messages keep the RETAIN flag with which they were published. */
    public boolean retainAsPublished() {
        return retainAsPublished;
    }

    /** The Subscription Identifier, 0 if there is none. */
    public int subscriptionIdentifier() {
        return subscriptionIdentifier;
    }

    /**
     * Up to which mark the {@linkplain RetainedMessages retained messages} come to it by a scan, so that of the messages
     * that are retained while it is made, only those with a greater mark come live. {@link Long#MAX_VALUE} until
     * {@link RetainedMessages#mark(Subscription)} sets it; a negative number where nothing is scanned.
     */
    public long since() {
        return since;
    }

    /** Sets {@link #since()}. */
    public void since(long mark) {
        since = mark;
    }

    /** What the client wrote: the filter, with {@code $share/name/} in front if it is shared. */
    public String text() {
        return shareName == null ? filter.toString() : SharedFilter.PREFIX + shareName + '/' + filter;
    }

    /** What it is to a topic that no other plain subscription of its subscriber matches. */
    Match match() {
        Match m = match;
        if (m == null) {
            m = new Match(this);
            match = m;
        }
        return m;
    }

    @Override
    public String toString() {
        return subscriber.clientId() + " " + text() + " " + qos;
    }
}
