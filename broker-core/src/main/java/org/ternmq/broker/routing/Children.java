package org.ternmq.broker.routing;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The nodes below a node, from two on: the one whose first level is {@code +}, and a hash table of the others by their
 * first level, with open addressing. Changed under the index's lock, read without one: a place once filled is never empty
 * again in the same table, so that a probe that meets an empty place has not missed a node.
 */
final class Children {
    private static final Node GONE = new Node(new byte[0], 0);
    private static final int SMALLEST = 4;

    private volatile @Nullable Node plus;
    private volatile AtomicReferenceArray<Node> table = new AtomicReferenceArray<>(SMALLEST);

    private int size;
    private int filled;

    /** The node whose first level is {@code +}. */
    @Nullable
    Node plus() {
        return plus;
    }

    /** The node whose first level is the one that begins at {@code start}, not {@code +}; its hash is given. */
    @Nullable
    Node get(byte[] path, int start, int hash) {
        AtomicReferenceArray<Node> t = table;
        int mask = t.length() - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            Node node = t.get(i);
            if (node == null) {
                return null;
            }
            if (node.hash() == hash && node != GONE && node.firstLevelIs(path, start)) {
                return node;
            }
        }
    }

    /** How many nodes there are. */
    int size() {
        return plus == null ? size : size + 1;
    }

    /** One of the nodes. */
    Node any() {
        Node p = plus;
        if (p != null) {
            return p;
        }
        for (int i = 0; ; i++) {
            Node node = table.get(i);
            if (node != null && node != GONE) {
                return node;
            }
        }
    }

    /** Adds a node whose first level no other one has. */
    void add(Node node) {
        if (node.startsWithPlus()) {
            plus = node;
            return;
        }
        if ((filled + 1) * 4 > table.length() * 3) {
            rebuild();
        }
        insert(table, node);
        size++;
        filled++;
    }

    /** Puts a node in the place of one with the same first level. */
    void replace(Node old, Node node) {
        if (old == plus) {
            plus = node;
        } else {
            table.set(find(old), node);
        }
    }

    void remove(Node node) {
        if (node == plus) {
            plus = null;
            return;
        }
        table.set(find(node), GONE);
        size--;
        if (table.length() > SMALLEST && size * 8 < table.length()) {
            rebuild();
        }
    }

    private int find(Node node) {
        int mask = table.length() - 1;
        int i = node.hash() & mask;
        while (table.get(i) != node) {
            i = (i + 1) & mask;
        }
        return i;
    }

    /** A new table at most three eighths full, so that as many changes as there are nodes pass until the next. */
    private void rebuild() {
        int length = SMALLEST;
        while (length * 3 < (size + 1) * 8) {
            length *= 2;
        }
        AtomicReferenceArray<Node> bigger = new AtomicReferenceArray<>(length);
        for (int i = 0; i < table.length(); i++) {
            Node node = table.get(i);
            if (node != null && node != GONE) {
                insert(bigger, node);
            }
        }
        table = bigger;
        filled = size;
    }

    private static void insert(AtomicReferenceArray<Node> table, Node node) {
        int mask = table.length() - 1;
        int i = node.hash() & mask;
        while (table.get(i) != null) {
            i = (i + 1) & mask;
        }
        table.set(i, node);
    }
}
