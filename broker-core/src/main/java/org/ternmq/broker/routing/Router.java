package org.ternmq.broker.routing;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.QoS;

/**
 * From a message to those who want it: keeps the retained one, finds the subscribers, and offers each its copy or puts the
 * copy into what the journal has to write first.
 *
 * <p>Called on any shard's loop; the match caches are one for each shard.
 */
public final class Router {
    /** A subscriber this far behind makes the publisher's loop wait for the subscriber's loop once. */
    private static final int CONGESTED = 2_048;

    private static final int CACHED_TOPICS = 65_536;

    private final SubscriptionIndex index;
    private final RetainedMessages retained;
    private final RetainedMessages figures = new RetainedMessages(0, 0);
    private final Journal journal;
    private final DeliveryRecords records;
    private final DiskGuard disk;
    private final boolean rejectWhenFull;
    private final Metrics metrics;
    private final MatchCache[] caches;

    /**
     * A router over these structures.
     *
     * @param disk says when nothing more is to be stored
     * @param rejectWhenFull whether a message that would find one subscriber's queue full goes to nobody, and its publisher is
     *     told
     */
    public Router(
            SubscriptionIndex index,
            RetainedMessages retained,
            Journal journal,
            DeliveryRecords records,
            Shards shards,
            DiskGuard disk,
            boolean rejectWhenFull,
            Metrics metrics) {
        this.index = index;
        this.retained = retained;
        this.journal = journal;
        this.disk = disk;
        this.records = records;
        this.rejectWhenFull = rejectWhenFull;
        this.metrics = metrics;
        this.caches = new MatchCache[shards.size()];
        for (int i = 0; i < caches.length; i++) {
            caches[i] = new MatchCache(index, CACHED_TOPICS);
        }
    }

    /** The subscriptions it routes by. */
    public SubscriptionIndex index() {
        return index;
    }

    /** The retained messages it keeps. */
    public RetainedMessages retained() {
        return retained;
    }

    /** What the broker says of itself, kept for new subscriptions as retained messages are. */
    public RetainedMessages figures() {
        return figures;
    }

    /**
     * Routes what the broker says of itself, at QoS 0: it is kept apart from what clients retain, and never stored. A subscription
     * that is made at this moment may get it twice. Called on the loop of {@code shard}.
     */
    public void routeFigure(Shard shard, ApplicationMessage message) {
        figures.put(message);
        Matches matches = caches[shard.index()].get(message.topic());
        if (!matches.isEmpty()) {
            offerAll(shard, message, matches, 0, null, false);
        }
    }

    /**
     * Routes a message; called on the loop of {@code shard}, which is that of the publisher.
     *
     * <p>Copies at QoS 0 and 1 are offered at once, also when the journal has to write them: a crash then only makes a
     * lawful duplicate, since the acknowledgement waits. If a QoS 2 message touches anything durable, all its copies wait
     * for the commit.
     *
     * @param publication who waits for it, or null for a QoS 0 message that nobody waits for; {@link
     *     Publication#isPending} tells afterwards whether the journal will report it
     */
    public void route(Shard shard, ApplicationMessage message, @Nullable Publication publication) {
        Matches matches = caches[shard.index()].get(message.topic());
        if (rejectWhenFull && publication != null && anyFull(matches)) {
            metrics.dropped(DropReason.QUEUE_FULL);
            publication.reject("a subscriber's queue is full");
            return;
        }
        boolean setsRetained = message.retain() && message.payload().length > 0;
        boolean low = disk.isLow();
        if (low && publication != null && (setsRetained || publication.storesPacketId() || touchesStored(matches))) {
            metrics.dropped(DropReason.DISK_LOW);
            publication.reject("the broker's disk is nearly full");
            return;
        }
        if (low && setsRetained) {
            // Nobody can be told: it goes to those who are there, and what was retained before stays.
            metrics.dropped(DropReason.DISK_LOW);
            route(shard, message, null, matches, false, 0);
        } else if (message.retain()) {
            // Again behind the change of the map: a subscription made before it has to be among the matches.
            long mark = retain(message);
            route(shard, message, publication, caches[shard.index()].get(message.topic()), true, mark);
        } else {
            route(shard, message, publication, matches, false, 0);
        }
    }

    private static boolean anyFull(Matches matches) {
        for (Match match : matches.plain()) {
            if (match.qos() != QoS.AT_MOST_ONCE && match.subscriber().isFull()) {
                return true;
            }
        }
        for (SharedGroup group : matches.shared()) {
            if (group.isFull()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives another member of a shared subscription what one that leaves has not finished (MQTT 5.0, 4.8.2). The record of
     * the one goes in the same write that makes the record of the other.
     *
     * @param shard the loop of the member that leaves
     * @param delivery a copy that came by a shared subscription, and of which its client has taken nothing for good
     * @param ends whether the session ends, so that also a member that is away will do
     * @return false if there is no member to take it
     */
    public boolean passOn(Shard shard, Subscriber leaving, Delivery delivery, boolean ends) {
        ApplicationMessage message = delivery.message();
        for (SharedGroup group : caches[shard.index()].get(message.topic()).shared()) {
            if (!group.text().equals(delivery.group())) {
                continue;
            }
            Subscription member = group.pick(message);
            if (member == null
                    || member.subscriber().equals(leaving)
                    || !(ends || member.subscriber().acceptsNow())) {
                return false;
            }
            boolean stored = delivery.isStored()
                    || (message.qos().min(member.qos()) != QoS.AT_MOST_ONCE
                            && member.subscriber().isPersistent());
            Publication entry = stored ? Publication.unattended(message) : null;
            offerTo(shard, message, group, member, entry, stored && message.qos() == QoS.EXACTLY_ONCE);
            if (entry != null) {
                entry.replaces(leaving, delivery);
                entry.pending(records);
                journal.append(entry);
            }
            return true;
        }
        return false;
    }

    private void route(
            Shard shard,
            ApplicationMessage message,
            @Nullable Publication publication,
            Matches matches,
            boolean retain,
            long mark) {
        boolean durable = retain
                || (publication != null && publication.mustWait())
                || (message.qos() != QoS.AT_MOST_ONCE && touchesStored(matches));
        Publication entry = publication;
        if (entry == null && durable) {
            entry = Publication.unattended(message);
        }
        boolean defer = durable && message.qos() == QoS.EXACTLY_ONCE;
        if (!matches.isEmpty()) {
            offerAll(shard, message, matches, mark, entry, defer);
        }
        if (entry != null && durable) {
            if (retain) {
                entry.retained(retained);
            }
            entry.pending(records);
            journal.append(entry);
        }
    }

    private long retain(ApplicationMessage message) {
        if (message.payload().length == 0) {
            return retained.remove(message.topic()); // MQTT-3.3.1-6, MQTT-3.3.1-7
        }
        if (retained.wouldExceed(message)) {
            metrics.dropped(DropReason.RETAINED_FULL);
            return 0;
        }
        return retained.put(message); // MQTT-3.3.1-5
    }

    private static boolean touchesStored(Matches matches) {
        for (Match match : matches.plain()) {
            if (match.qos() != QoS.AT_MOST_ONCE && match.subscriber().isPersistent()) {
                return true;
            }
        }
        // Which member of a group gets it is not known yet: assume one whose session is stored.
        return matches.shared().length > 0;
    }

    private void offerAll(
            Shard shard,
            ApplicationMessage message,
            Matches matches,
            long mark,
            @Nullable Publication entry,
            boolean defer) {
        long sequence = 0;
        Delivery last = null;
        for (Match match : matches.plain()) {
            Match effective = match.forPublisher(message.publisher()); // MQTT-3.8.3-3
            if (effective == null || (mark != 0 && mark <= effective.since())) {
                continue; // a subscription made after the message was retained gets it as a retained message
            }
            if (entry != null) {
                entry.countRecipient();
            }
            Subscriber subscriber = effective.subscriber();
            QoS qos = message.qos().min(effective.qos()); // MQTT-3.8.4-8
            boolean retain = message.retain() && effective.retainAsPublished(); // MQTT-3.3.1-12, MQTT-3.3.1-13
            int[] identifiers = effective.subscriptionIdentifiers(); // MQTT-3.3.4-4
            Delivery delivery;
            if (qos != QoS.AT_MOST_ONCE && entry != null && subscriber.isPersistent()) {
                if (sequence == 0) {
                    sequence = journal.nextSequence();
                }
                delivery = Delivery.stored(message, qos, retain, identifiers, sequence);
                entry.store(subscriber, delivery);
            } else if (last != null
                    && last.qos() == qos
                    && last.retain() == retain
                    && last.subscriptionIdentifiers() == identifiers) {
                delivery = last;
            } else {
                delivery = Delivery.unstored(message, qos, retain, identifiers);
                if (matches.plain().length > 1) {
                    delivery.shared();
                }
                last = delivery;
            }
            offer(shard, subscriber, delivery, entry, defer);
        }
        for (SharedGroup group : matches.shared()) {
            offerToGroup(shard, message, group, entry, defer);
        }
    }

    private void offerToGroup(
            Shard shard, ApplicationMessage message, SharedGroup group, @Nullable Publication entry, boolean defer) {
        Subscription member = group.pick(message);
        if (member == null) {
            metrics.dropped(DropReason.NO_MEMBER);
            return;
        }
        if (entry != null) {
            entry.countRecipient();
        }
        offerTo(shard, message, group, member, entry, defer);
    }

    private void offerTo(
            Shard shard,
            ApplicationMessage message,
            SharedGroup group,
            Subscription member,
            @Nullable Publication entry,
            boolean defer) {
        Subscriber subscriber = member.subscriber();
        QoS qos = message.qos().min(member.qos()); // MQTT-4.8.2-3
        boolean retain = message.retain() && member.retainAsPublished();
        int[] identifiers = member.match().subscriptionIdentifiers();
        Delivery delivery;
        if (qos != QoS.AT_MOST_ONCE && entry != null && subscriber.isPersistent()) {
            // A number of its own: the same client may have a copy of the same message by a plain subscription.
            delivery = Delivery.stored(message, qos, retain, identifiers, journal.nextSequence())
                    .by(group.text());
            entry.store(subscriber, delivery);
        } else {
            delivery = Delivery.unstored(message, qos, retain, identifiers).by(group.text());
        }
        offer(shard, subscriber, delivery, entry, defer);
    }

    private static void offer(
            Shard shard, Subscriber subscriber, Delivery delivery, @Nullable Publication entry, boolean defer) {
        if (defer && entry != null) {
            entry.defer(subscriber, delivery);
            return;
        }
        if (subscriber.offer(delivery)) {
            shard.wake(subscriber);
        }
        if (subscriber.backlog() > CONGESTED) {
            shard.congestedBy(subscriber.home());
        }
    }
}
