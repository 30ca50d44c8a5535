package org.ternmq.broker.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * The members of a shared subscription, of whom one gets each message (MQTT 5.0, 4.8.2). A group lives from its first
 * member to its last; who joins the same filter under the same name later makes a new one.
 *
 * <p>Picking is free of locks and may be done from any thread. Joining and leaving is done by the
 * {@link SubscriptionIndex} under its lock. Who picks meanwhile sees the members of before or after; one who is moved to
 * another place while it looks may be seen twice or, in that moment, not.
 */
public final class SharedGroup {
    /** From here on, finding a member by looking at each would make the joining of many quadratic. */
    private static final int MANY = 16;

    private final String shareName;
    private final String text;
    private final TopicFilter filter;
    private final SharedStrategy strategy;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile Members members = new Members(new AtomicReferenceArray<>(1), 0);

    /** Where each member is, from {@link #MANY} on; used under the index's lock only. */
    private @Nullable Map<Subscriber, Integer> positions;

    SharedGroup(String shareName, TopicFilter filter, SharedStrategy strategy) {
        this.shareName = shareName;
        this.text = SharedFilter.PREFIX + shareName + '/' + filter;
        this.filter = filter;
        this.strategy = strategy;
    }

    /** The members: the first {@code size} places. An array is added to in place and outlives several sizes. */
    private record Members(AtomicReferenceArray<Subscription> places, int size) {}

    /** The share name. */
    public String shareName() {
        return shareName;
    }

    /** The filter, without {@code $share/name/} in front. */
    public TopicFilter filter() {
        return filter;
    }

    /** What its members wrote: the filter with {@code $share/name/} in front. */
    public String text() {
        return text;
    }

    /** Whether a QoS 1 or 2 message would find the queue of each member full. */
    boolean isFull() {
        Members all = members;
        for (int i = 0; i < all.size; i++) {
            Subscription member = all.places.get(i);
            if (member != null
                    && (member.qos() == QoS.AT_MOST_ONCE || !member.subscriber().isFull())) {
                return false;
            }
        }
        return all.size > 0;
    }

    /** How many members it has. */
    public int size() {
        return members.size;
    }

    /** The members as they are now, for operators; see the class for what is seen of one that is moved meanwhile. */
    public List<Subscription> members() {
        Members all = members;
        List<Subscription> copy = new ArrayList<>(all.size);
        for (int i = 0; i < all.size; i++) {
            Subscription member = all.places.get(i);
            if (member != null) {
                copy.add(member);
            }
        }
        return copy;
    }

    /**
     * Chooses who gets a message: a member that accepts it now, else any member.
     *
     * @return the subscription of the member, whose granted QoS applies (MQTT-4.8.2-3); null if the last one has left
     */
    public @Nullable Subscription pick(ApplicationMessage message) {
        return switch (strategy) {
            case ROUND_ROBIN -> next(null);
            case RANDOM -> from(members, ThreadLocalRandom.current().nextInt(), null);
            case STICKY -> sticky(message.publisher());
            case LEAST_IN_FLIGHT -> leastInFlight();
        };
    }

    /**
     * Chooses another one for a message that a member did not get: one that accepts it now, else any other.
     *
     * @param not the subscription that was picked before
     * @return the subscription of another member, null if there is none
     */
    public @Nullable Subscription pickOther(Subscription not) {
        return next(not.subscriber());
    }

    private @Nullable Subscription next(@Nullable Subscriber not) {
        return from(members, turn.getAndIncrement(), not);
    }

    /** The first member at or after a place that accepts, else the first one. */
    private @Nullable Subscription from(Members all, int start, @Nullable Subscriber not) {
        Subscription any = null;
        for (int i = 0; i < all.size; i++) {
            Subscription member = all.places.get(Math.floorMod(start + i, all.size));
            if (member == null || member.subscriber().equals(not)) {
                continue;
            }
            if (member.subscriber().acceptsNow()) {
                if (i > 0) {
                    turn.addAndGet(i); // else the member behind one who accepts nothing would get that one's share too
                }
                return member;
            }
            any = any == null ? member : any;
        }
        return any;
    }

    /** Rendezvous hashing: the member whose hash together with the publisher's is the greatest. */
    private @Nullable Subscription sticky(@Nullable String publisher) {
        int key = publisher == null ? 0 : publisher.hashCode();
        Members all = members;
        Subscription best = null;
        int bestScore = 0;
        boolean bestAccepts = false;
        for (int i = 0; i < all.size; i++) {
            Subscription member = all.places.get(i);
            if (member == null) {
                continue;
            }
            boolean accepts = member.subscriber().acceptsNow();
            int score = scramble(key ^ scramble(member.subscriber().clientId().hashCode()));
            if (best == null || (accepts == bestAccepts ? score > bestScore : accepts)) {
                best = member;
                bestScore = score;
                bestAccepts = accepts;
            }
        }
        return best;
    }

    private static int scramble(int x) {
        int h = (x ^ (x >>> 16)) * 0x7feb352d;
        h = (h ^ (h >>> 15)) * 0x846ca68b;
        return h ^ (h >>> 16);
    }

    /** Begins at another member each time, so that those with equally few take turns. */
    private @Nullable Subscription leastInFlight() {
        Members all = members;
        int start = turn.getAndIncrement();
        Subscription best = null;
        int fewest = 0;
        boolean bestAccepts = false;
        for (int i = 0; i < all.size; i++) {
            Subscription member = all.places.get(Math.floorMod(start + i, all.size));
            if (member == null) {
                continue;
            }
            boolean accepts = member.subscriber().acceptsNow();
            int inFlight = member.subscriber().inFlight();
            if (best == null || (accepts == bestAccepts ? inFlight < fewest : accepts)) {
                best = member;
                fewest = inFlight;
                bestAccepts = accepts;
            }
        }
        return best;
    }

    /** Adds a member, or replaces its options if it is one (so that joining twice counts once). Under the index's lock. */
    @Nullable
    Subscription join(Subscription member) {
        Members all = members;
        int at = position(member.subscriber());
        if (at >= 0) {
            return all.places.getAndSet(at, member);
        }
        AtomicReferenceArray<Subscription> places = all.places;
        if (all.size == places.length()) {
            places = new AtomicReferenceArray<>(all.size * 2);
            for (int i = 0; i < all.size; i++) {
                places.set(i, all.places.get(i));
            }
        }
        places.set(all.size, member);
        members = new Members(places, all.size + 1);
        if (positions != null) {
            positions.put(member.subscriber(), all.size);
        }
        return null;
    }

    /** Removes a member. Under the index's lock. */
    @Nullable
    Subscription leave(Subscriber subscriber) {
        int at = position(subscriber);
        if (at < 0) {
            return null;
        }
        Members all = members;
        int last = all.size - 1;
        Subscription moved = all.places.get(last);
        Subscription left = all.places.getAndSet(at, moved);
        members = new Members(all.places, last);
        all.places.set(last, null);
        if (positions != null) {
            positions.remove(subscriber);
            if (at < last) {
                positions.put(moved.subscriber(), at);
            }
        }
        return left;
    }

    private int position(Subscriber subscriber) {
        Members all = members;
        if (positions == null && all.size < MANY) {
            for (int i = 0; i < all.size; i++) {
                if (all.places.get(i).subscriber().equals(subscriber)) {
                    return i;
                }
            }
            return -1;
        }
        if (positions == null) {
            positions = new HashMap<>();
            for (int i = 0; i < all.size; i++) {
                positions.put(all.places.get(i).subscriber(), i);
            }
        }
        return positions.getOrDefault(subscriber, -1);
    }

    @Override
    public String toString() {
        return text + " (" + size() + ")";
    }
}
