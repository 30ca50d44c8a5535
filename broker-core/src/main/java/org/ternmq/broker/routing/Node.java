package org.ternmq.broker.routing;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A node of the {@link SubscriptionIndex}: one or more levels that nothing branches off, and what follows them. Changed
 * under the index's lock, read without one.
 */
final class Node {
    /** The levels, with {@code /} between them. */
    private final byte[] label;

    /** The hash of the first level. */
    private final int hash;

    /** Subscriptions of the filter that ends here: null, a plain Subscription, or Subscribers. */
    private volatile @Nullable Object here;

    /** Subscriptions of the filter that goes on with {@code /#}: as above. */
    private volatile @Nullable Object below;

    /** What follows: null, a Node, or Children. */
    private volatile @Nullable Object next;

    Node(byte[] label, int hash) {
        this.label = label;
        this.hash = hash;
    }

    /** A node that goes on as another one does, under another label. */
    private Node(byte[] label, int hash, Node like) {
        this.label = label;
        this.hash = hash;
        here = like.here;
        below = like.below;
        next = like.next;
    }

    byte[] label() {
        return label;
    }

    int hash() {
        return hash;
    }

    @Nullable
    Object here() {
        return here;
    }

    @Nullable
    Object below() {
        return below;
    }

    @Nullable
    Object next() {
        return next;
    }

    @Nullable
    Object subscriptions(boolean multiLevel) {
        return multiLevel ? below : here;
    }

    void subscriptions(boolean multiLevel, @Nullable Object subscriptions) {
        if (multiLevel) {
            below = subscriptions;
        } else {
            here = subscriptions;
        }
    }

    boolean startsWithPlus() {
        return label.length > 0 && label[0] == '+'; // + is always a whole level
    }

    boolean firstLevelIs(byte[] path, int start) {
        int i = 0;
        while (i < label.length && label[i] != '/') {
            if (start + i >= path.length || path[start + i] != label[i]) {
                return false;
            }
            i++;
        }
        return start + i == path.length || path[start + i] == '/';
    }

    /**
     * Compares the label with the levels of a topic from {@code start} on.
     *
     * @return where the last of the levels ends, -1 if they do not match
     */
    int match(byte[] topic, int start) {
        int t = start;
        for (int i = 0; i < label.length; i++) {
            if (label[i] == '+') {
                while (t < topic.length && topic[t] != '/') {
                    t++;
                }
            } else if (t < topic.length && topic[t] == label[i]) {
                t++;
            } else {
                return -1;
            }
        }
        return t == topic.length || topic[t] == '/' ? t : -1;
    }

    /** How many bytes of the label are whole levels that a filter has too from {@code start} on; the first level is. */
    int common(byte[] path, int start) {
        int whole = 0;
        for (int i = 0; ; i++) {
            boolean labelEnds = i == label.length || label[i] == '/';
            boolean pathEnds = start + i == path.length || path[start + i] == '/';
            if (labelEnds && pathEnds) {
                whole = i;
                if (i == label.length || start + i == path.length) {
                    return whole;
                }
            } else if (labelEnds || pathEnds || label[i] != path[start + i]) {
                return whole;
            }
        }
    }

    /** The child with the same first level as a filter's level that begins at {@code start}. */
    @Nullable
    Node child(byte[] path, int start, LevelHash hashes) {
        Object n = next;
        if (n instanceof Node only) {
            return only.firstLevelIs(path, start) ? only : null;
        }
        if (n instanceof Children many) {
            return isPlus(path, start) ? many.plus() : many.get(path, start, hashes.hash(path, start));
        }
        return null;
    }

    private static boolean isPlus(byte[] path, int start) {
        return start < path.length && path[start] == '+';
    }

    void addChild(Node child) {
        Object n = next;
        if (n == null) {
            next = child;
        } else if (n instanceof Children many) {
            many.add(child);
        } else {
            Children many = new Children();
            many.add((Node) n);
            many.add(child);
            next = many;
        }
    }

    void replaceChild(Node old, Node child) {
        if (next instanceof Children many) {
            many.replace(old, child);
        } else {
            next = child;
        }
    }

    void removeChild(Node child) {
        if (!(next instanceof Children many)) {
            next = null;
        } else if (many.size() == 2) {
            many.remove(child);
            next = many.any();
        } else {
            many.remove(child);
        }
    }

    boolean isEmpty() {
        return here == null && below == null && next == null;
    }

    /** Splits the label behind its first {@code length} bytes: a new node with these, and below it one like this one. */
    Node split(int length, LevelHash hashes) {
        byte[] rest = Arrays.copyOfRange(label, length + 1, label.length);
        Node head = new Node(Arrays.copyOf(label, length), hash);
        head.next = new Node(rest, hashes.hash(rest, 0), this);
        return head;
    }

    /** The node that this one and its only child come to if nothing ends between them, null if there is such a thing. */
    @Nullable
    Node joined() {
        if (here != null || below != null || !(next instanceof Node only)) {
            return null;
        }
        byte[] both = Arrays.copyOf(label, label.length + 1 + only.label.length);
        both[label.length] = '/';
        System.arraycopy(only.label, 0, both, label.length + 1, only.label.length);
        return new Node(both, hash, only);
    }
}
