package org.ternmq.broker.routing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.TopicName;

/**
 * All subscriptions of the broker, found by topic. Matching takes no lock and may be done from any thread; changes take
 * one lock. A change is visible to every {@link #match} that begins after {@link #add} or {@link #remove} has returned.
 *
 * <p><b>Caching.</b> A change first becomes visible and then makes {@link #generation} greater for every topic whose
 * matches it could have changed. Who keeps matches therefore reads the generation <em>before</em> it matches, keeps both,
 * and trusts the matches as long as the generation is the same: had the match missed a change, the generation would have
 * grown after it was read.
 *
 * <p><b>Structure.</b> A tree of levels, in which levels that nothing branches off share a node. A filter that ends in
 * {@code /#} is kept at the node of what stands before. A {@code +} is a level as others are; each step of a match
 * follows it and the literal level. Nothing here recurses: a topic may have 65,536 levels.
 */
public final class SubscriptionIndex {
    /** Topics with different first levels mostly fall into different stripes. */
    private static final int STRIPES = 1024;

    /** The stripe of filters that begin with a wildcard. */
    private static final int WILDCARD = STRIPES;

    private final SharedStrategy strategy;
    private final LevelHash hashes = new LevelHash();
    private final AtomicLongArray generations = new AtomicLongArray(STRIPES + 1);
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicInteger sharedSize = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Node root = new Node(new byte[0], 0);

    /** An index whose shared groups take turns. */
    public SubscriptionIndex() {
        this(SharedStrategy.ROUND_ROBIN);
    }

    /** An index. */
    public SubscriptionIndex(SharedStrategy strategy) {
        this.strategy = strategy;
    }

    /** Where a filter is kept: a way down the tree (empty for {@code #} alone), and whether {@code /#} follows. */
    private record Place(byte[] path, boolean isRoot, boolean multiLevel) {
        static Place of(String filter) {
            byte[] path = filter.getBytes(StandardCharsets.UTF_8);
            if (!filter.endsWith("#")) {
                return new Place(path, false, false);
            }
            return path.length == 1
                    ? new Place(new byte[0], true, true)
                    : new Place(Arrays.copyOf(path, path.length - 2), false, true);
        }

        boolean startsWithWildcard() {
            return isRoot || (path.length > 0 && path[0] == '+');
        }
    }

    /**
     * Adds a subscription.
     *
     * @return the one that it replaces, of the same subscriber and with the same text (MQTT-3.8.4-3), or null
     */
    public @Nullable Subscription add(Subscription subscription) {
        Place place = Place.of(subscription.filter().toString());
        Subscription replaced;
        lock.lock();
        try {
            replaced = put(place, subscription);
        } finally {
            lock.unlock();
        }
        changed(place);
        if (replaced == null) {
            count(subscription, 1);
        }
        return replaced;
    }

    private void count(Subscription subscription, int more) {
        size.addAndGet(more);
        if (subscription.shareName() != null) {
            sharedSize.addAndGet(more);
        }
    }

    private @Nullable Subscription put(Place place, Subscription s) {
        if (place.isRoot) {
            return putAt(root, true, s);
        }
        byte[] path = place.path;
        Node node = root;
        int start = 0;
        while (true) {
            Node child = node.child(path, start, hashes);
            if (child == null) {
                Node leaf = new Node(
                        start == 0 ? path : Arrays.copyOfRange(path, start, path.length), hashes.hash(path, start));
                putAt(leaf, place.multiLevel, s);
                node.addChild(leaf);
                return null;
            }
            int common = child.common(path, start);
            if (common < child.label().length) {
                Node head = child.split(common, hashes);
                node.replaceChild(child, head);
                child = head;
            }
            if (start + common == path.length) {
                return putAt(child, place.multiLevel, s);
            }
            node = child;
            start += common + 1;
        }
    }

    private @Nullable Subscription putAt(Node node, boolean multiLevel, Subscription s) {
        Object there = node.subscriptions(multiLevel);
        if (there instanceof Subscribers many) {
            return many.add(s, strategy);
        }
        if (s.shareName() == null && there == null) {
            node.subscriptions(multiLevel, s);
            return null;
        }
        if (s.shareName() == null
                && there instanceof Subscription one
                && one.subscriber().equals(s.subscriber())) {
            node.subscriptions(multiLevel, s);
            return one;
        }
        Subscribers several = new Subscribers();
        if (there instanceof Subscription one) {
            several.add(one, strategy);
        }
        several.add(s, strategy);
        node.subscriptions(multiLevel, several);
        return null;
    }

    /**
     * Removes a subscription.
     *
     * @param text what the client wrote, {@code $share/name/} included
     * @return the subscription, null if there was none
     * @throws IllegalArgumentException if the text is no valid filter
     */
    public @Nullable Subscription remove(Subscriber subscriber, String text) {
        SharedFilter filter = SharedFilter.parse(text);
        Place place = Place.of(filter.filter().toString());
        Subscription removed;
        lock.lock();
        try {
            removed = take(place, subscriber, filter.shareName());
        } finally {
            lock.unlock();
        }
        if (removed != null) {
            changed(place);
            count(removed, -1);
        }
        return removed;
    }

    private @Nullable Subscription take(Place place, Subscriber subscriber, @Nullable String shareName) {
        if (place.isRoot) {
            return takeAt(root, true, subscriber, shareName);
        }
        byte[] path = place.path;
        List<Node> way = new ArrayList<>();
        way.add(root);
        for (int start = 0; start <= path.length; ) {
            Node child = way.get(way.size() - 1).child(path, start, hashes);
            if (child == null || child.common(path, start) < child.label().length) {
                return null;
            }
            way.add(child);
            start += child.label().length + 1;
        }
        Subscription taken = takeAt(way.get(way.size() - 1), place.multiLevel, subscriber, shareName);
        if (taken != null) {
            prune(way);
        }
        return taken;
    }

    private static @Nullable Subscription takeAt(
            Node node, boolean multiLevel, Subscriber subscriber, @Nullable String shareName) {
        Object there = node.subscriptions(multiLevel);
        Subscription taken = null;
        boolean empty = false;
        if (there instanceof Subscribers many) {
            taken = many.remove(subscriber, shareName);
            empty = many.isEmpty();
        } else if (there instanceof Subscription one
                && shareName == null
                && one.subscriber().equals(subscriber)) {
            taken = one;
            empty = true;
        }
        if (empty) {
            node.subscriptions(multiLevel, null);
        }
        return taken;
    }

    /** Removes the nodes at the end of a way that have become empty, and joins what need no longer be two nodes. */
    private static void prune(List<Node> way) {
        int last = way.size() - 1;
        while (last > 0 && way.get(last).isEmpty()) {
            way.get(last - 1).removeChild(way.get(last));
            last--;
        }
        if (last > 0) {
            Node joined = way.get(last).joined();
            if (joined != null) {
                way.get(last - 1).replaceChild(way.get(last), joined);
            }
        }
    }

    private void changed(Place place) {
        generations.incrementAndGet(place.startsWithWildcard() ? WILDCARD : stripe(place.path));
    }

    private int stripe(byte[] path) {
        return hashes.hash(path, 0) & (STRIPES - 1);
    }

    /** The stripe of a topic, for {@link #generation(int, boolean)}; working it out costs more than reading. */
    int stripe(TopicName topic) {
        return stripe(topic.utf8());
    }

    /**
     * A number that has grown when a match of this topic could have changed, and is otherwise the same. To be read before
     * the match that it is kept with.
     */
    public long generation(TopicName topic) {
        return generation(stripe(topic), topic.isDollar());
    }

    /** The generation of a topic whose stripe is known. A sum of counters that only grow is the same only if they are. */
    long generation(int stripe, boolean dollar) {
        long own = generations.get(stripe);
        return dollar
                ? own
                : own + generations.get(WILDCARD); // MQTT-4.7.2-1: wildcards in front are no concern of $ topics
    }

    /** How many subscriptions there are. */
    public int size() {
        return size.get();
    }

    /** How many of them are shared. */
    public int sharedSize() {
        return sharedSize.get();
    }

    /** The top of the tree, for tests of its shape. */
    Node root() {
        return root;
    }

    /** Everybody who gets the messages of a topic. */
    public Matches match(TopicName topic) {
        return new Walk(topic, hashes).from(root);
    }

    /** One match. Used by one thread, once. */
    private static final class Walk {
        private static final Node[] NO_NODES = {};
        private static final int[] NO_STARTS = {};

        private final byte[] topic;
        private final boolean dollar;
        private final LevelHash hashes;

        /** The node to be compared with the topic next, if there is one, and from where on. */
        private @Nullable Node pending;

        private int pendingStart;

        /** Those to be compared after it. Most topics meet no fork and need none. */
        private Node[] nodes = NO_NODES;

        private int[] starts = NO_STARTS;
        private int waiting;

        private List<Subscription> plain = List.of();
        private List<SharedGroup> shared = List.of();
        private int filtersWithPlain;

        Walk(TopicName topic, LevelHash hashes) {
            this.topic = topic.utf8();
            this.dollar = topic.isDollar();
            this.hashes = hashes;
        }

        Matches from(Node root) {
            if (!dollar) { // MQTT-4.7.2-1
                collect(root.below());
            }
            follow(root, 0);
            while (pending != null) {
                Node node = pending;
                int end = node.match(topic, pendingStart);
                pending = null;
                if (waiting > 0) {
                    waiting--;
                    pending = nodes[waiting];
                    pendingStart = starts[waiting];
                }
                if (end < 0) {
                    continue;
                }
                collect(node.below());
                if (end == topic.length) {
                    collect(node.here());
                } else {
                    follow(node, end + 1);
                }
            }
            return Matches.of(plain, filtersWithPlain <= 1, shared);
        }

        private void follow(Node node, int start) {
            Object next = node.next();
            if (next instanceof Node only) {
                if (!hidden(only, start)) {
                    add(only, start);
                }
            } else if (next instanceof Children many) {
                Node plus = many.plus();
                if (plus != null && !hidden(plus, start)) {
                    add(plus, start);
                }
                Node literal = many.get(topic, start, hashes.hash(topic, start));
                if (literal != null) {
                    add(literal, start);
                }
            }
        }

        private boolean hidden(Node node, int start) {
            return start == 0 && dollar && node.startsWithPlus(); // MQTT-4.7.2-1
        }

        private void add(Node node, int start) {
            Node before = pending;
            if (before != null) {
                if (waiting == nodes.length) {
                    nodes = Arrays.copyOf(nodes, waiting * 2 + 4);
                    starts = Arrays.copyOf(starts, waiting * 2 + 4);
                }
                nodes[waiting] = before;
                starts[waiting++] = pendingStart;
            }
            pending = node;
            pendingStart = start;
        }

        private void collect(@Nullable Object subscriptions) {
            if (subscriptions instanceof Subscription one) {
                filtersWithPlain++;
                plain().add(one);
            } else if (subscriptions instanceof Subscribers several) {
                int before = plain.size();
                several.plain().addTo(plain());
                if (plain.size() > before) {
                    filtersWithPlain++;
                }
                Bag<String, SharedGroup> groups = several.groups();
                if (groups != null) {
                    groups.addTo(shared());
                }
            }
        }

        private List<Subscription> plain() {
            if (plain.isEmpty()) {
                plain = new ArrayList<>();
            }
            return plain;
        }

        private List<SharedGroup> shared() {
            if (shared.isEmpty()) {
                shared = new ArrayList<>();
            }
            return shared;
        }
    }
}
