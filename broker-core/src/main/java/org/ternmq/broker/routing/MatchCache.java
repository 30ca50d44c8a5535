package org.ternmq.broker.routing;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.TopicName;

/**
 * The matches of the topics that were published to of late. Owned by one event loop. A hit allocates nothing.
 *
 * <p>Each topic may be in one of a few places only, which its hash names; when these are taken, one of the topics there
 * gives way. So topics with the same hash, which a client can find, cost hits and no time.
 *
 * <p>It is bounded in topics, matches and bytes of topics. What is out of date is swept out, a few places with each topic that
 * is not found, since it may be all that holds subscribers that are gone.
 */
public final class MatchCache {
    private static final int WAYS = 4;

    /** So much is kept for each topic on average, else everything goes: topics may have many thousands of matches. */
    private static final int WEIGHT_PER_TOPIC = 64;

    /** Bytes of a topic that weigh as much as a match. */
    private static final int BYTES_PER_WEIGHT = 4;

    /** Longer topics are rare, would take the room of many, and are matched anew each time. */
    private static final int LONGEST = 1024;

    /** Places looked at with each topic that is not found. */
    private static final int SWEPT = 8;

    private final SubscriptionIndex index;
    private final @Nullable Entry[] entries;
    private final long maxWeight;
    private long weight;
    private int victim;
    private int sweep;

    /**
     * A cache.
     *
     * @param maxTopics how many topics it holds at most, rounded up to a power of two
     */
    public MatchCache(SubscriptionIndex index, int maxTopics) {
        if (maxTopics < 1 || maxTopics > 1 << 24) {
            throw new IllegalArgumentException("cache of " + maxTopics + " topics");
        }
        this.index = index;
        int places = WAYS;
        while (places < maxTopics) {
            places *= 2;
        }
        entries = new @Nullable Entry[places];
        maxWeight = (long) places * WEIGHT_PER_TOPIC;
    }

    /** A topic and what was found for it. */
    private static final class Entry {
        final TopicName topic;
        final int stripe;
        long generation;
        Matches matches = Matches.EMPTY;

        Entry(TopicName topic, int stripe) {
            this.topic = topic;
            this.stripe = stripe;
        }
    }

    /** Everybody who gets the messages of a topic, as {@link SubscriptionIndex#match}. */
    public Matches get(TopicName topic) {
        if (topic.utf8().length > LONGEST) {
            return index.match(topic);
        }
        int set = scramble(topic.hashCode()) & (entries.length - WAYS);
        for (int i = set; i < set + WAYS; i++) {
            Entry e = entries[i];
            if (e != null && e.topic.equals(topic)) { // looks at identity first, then at the hash
                return current(e);
            }
        }
        sweepSome();
        Entry e = new Entry(topic, index.stripe(topic));
        fill(e, index.generation(e.stripe, topic.isDollar()));
        makeRoomFor(e);
        int place = placeFor(set);
        drop(place);
        entries[place] = e;
        weight += weight(e);
        return e.matches;
    }

    private void sweepSome() {
        for (int i = 0; i < SWEPT; i++) {
            Entry e = entries[sweep];
            if (e != null && e.generation != index.generation(e.stripe, e.topic.isDollar())) {
                drop(sweep);
            }
            sweep = (sweep + 1) & (entries.length - 1);
        }
    }

    private void drop(int place) {
        Entry old = entries[place];
        if (old != null) {
            weight -= weight(old);
            entries[place] = null;
        }
    }

    /** Forgets everything, and with it the subscribers that are gone. */
    public void clear() {
        Arrays.fill(entries, null);
        weight = 0;
    }

    private Matches current(Entry e) {
        long generation = index.generation(e.stripe, e.topic.isDollar());
        if (generation != e.generation) {
            weight -= weight(e);
            fill(e, generation);
            if (!makeRoomFor(e)) {
                weight += weight(e);
            }
        }
        return e.matches;
    }

    /** The generation was read before the match: a change that the match misses makes the entry stale, not wrong. */
    private void fill(Entry e, long generation) {
        e.matches = index.match(e.topic);
        e.generation = generation;
    }

    /** Whether everything, the entry included, had to go so that it fits. */
    private boolean makeRoomFor(Entry e) {
        if (weight + weight(e) <= maxWeight) {
            return false;
        }
        clear();
        return true;
    }

    private int placeFor(int set) {
        for (int i = set; i < set + WAYS; i++) {
            if (entries[i] == null) {
                return i;
            }
        }
        return set + (victim++ & (WAYS - 1));
    }

    private static int weight(Entry e) {
        return e.matches.plain().length + e.matches.shared().length + e.topic.utf8().length / BYTES_PER_WEIGHT;
    }

    /** How many topics it holds, for tests. */
    int size() {
        return (int) Arrays.stream(entries).filter(Objects::nonNull).count();
    }

    /** Matches, and bytes of topics in terms of matches, that it holds. */
    long weight() {
        return weight;
    }

    private static int scramble(int hash) {
        int h = hash * 0x9E3779B9;
        return h ^ (h >>> 15);
    }
}
