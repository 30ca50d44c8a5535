package org.ternmq.broker.routing;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.TopicName;

/**
 * The matches of the topics that were published to of late. Owned by one event loop. A hit allocates nothing.
 *
 * <p>Each topic may be in one of a few places only, which its hash names; when these are taken, one of the topics there
 * gives way. So topics with the same hash, which a client can find, cost hits and no time.
 */
public final class MatchCache {
    private static final int WAYS = 4;

    /** So many matches are kept for each topic on average, else everything goes: topics may have many thousands. */
    private static final int MATCHES_PER_TOPIC = 64;

    private final SubscriptionIndex index;
    private final @Nullable Entry[] entries;
    private final long maxMatches;
    private long matches;
    private int victim;

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
        maxMatches = (long) places * MATCHES_PER_TOPIC;
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
        int set = scramble(topic.hashCode()) & (entries.length - WAYS);
        for (int i = set; i < set + WAYS; i++) {
            Entry e = entries[i];
            if (e != null && e.topic.equals(topic)) { // looks at identity first, then at the hash
                return current(e);
            }
        }
        Entry e = new Entry(topic, index.stripe(topic));
        fill(e, index.generation(e.stripe, topic.isDollar()));
        makeRoomFor(e);
        int place = placeFor(set);
        Entry old = entries[place];
        if (old != null) {
            matches -= weight(old.matches);
        }
        entries[place] = e;
        matches += weight(e.matches);
        return e.matches;
    }

    /** Forgets everything, and with it the subscribers that are gone. */
    public void clear() {
        Arrays.fill(entries, null);
        matches = 0;
    }

    private Matches current(Entry e) {
        long generation = index.generation(e.stripe, e.topic.isDollar());
        if (generation != e.generation) {
            matches -= weight(e.matches);
            fill(e, generation);
            if (!makeRoomFor(e)) {
                matches += weight(e.matches);
            }
        }
        return e.matches;
    }

    /** The generation was read before the match: a change that the match misses makes the entry stale, not wrong. */
    private void fill(Entry e, long generation) {
        e.matches = index.match(e.topic);
        e.generation = generation;
    }

    /** Whether everything, the entry included, had to go so that its matches fit. */
    private boolean makeRoomFor(Entry e) {
        if (matches + weight(e.matches) <= maxMatches) {
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

    private static int weight(Matches m) {
        return m.plain().length + m.shared().length;
    }

    private static int scramble(int hash) {
        int h = hash * 0x9E3779B9;
        return h ^ (h >>> 15);
    }
}
