package org.ternmq.broker.routing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The nodes below a node, from two on: the one whose first level is {@code +}, and a hash table of the others by their
 * first level, with open addressing. Changed under the index's lock, read without one: a place once filled is never empty
 * again in the same table, so that a probe that meets an empty place has not missed a node.
 */
final class Children {
    private static final VarHandle HASH = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle NODE = MethodHandles.arrayElementVarHandle(Node[].class);

    private static final Node GONE = new Node(new byte[0], 1);
    private static final int SMALLEST = 4;

    private volatile @Nullable Node plus;
    private volatile Table table = new Table(SMALLEST);

    /** Nodes in the table, and places that hold or held one; under the lock only. */
    private int size;

    private int filled;

    /** Hashes apart from nodes, so that a probe reads one cache line and not one for each node that it passes. */
    private static final class Table {
        final int[] hashes; // 0 where the place is empty
        final Node[] nodes;
        final int mask;

        Table(int length) {
            hashes = new int[length];
            nodes = new Node[length];
            mask = length - 1;
        }

        void insert(Node node) {
            int i = node.hash() & mask;
            while (hashes[i] != 0) {
                i = (i + 1) & mask;
            }
            nodes[i] = node;
            HASH.setRelease(hashes, i, node.hash()); // now readers may look at the node
        }

        void set(Node old, Node node) {
            int i = old.hash() & mask;
            while (nodes[i] != old) {
                i = (i + 1) & mask;
            }
            NODE.setRelease(nodes, i, node);
        }
    }

    /** The node whose first level is {@code +}. */
    @Nullable
    Node plus() {
        return plus;
    }

    /** The node whose first level is the one that begins at {@code start}, not {@code +}; its hash is given. */
    @Nullable
    Node get(byte[] path, int start, int hash) {
        Table t = table;
        for (int i = hash & t.mask; ; i = (i + 1) & t.mask) {
            int h = (int) HASH.getAcquire(t.hashes, i);
            if (h == 0) {
                return null;
            }
            if (h == hash) {
                Node node = (Node) NODE.getAcquire(t.nodes, i);
                if (node != GONE && node.firstLevelIs(path, start)) {
                    return node;
                }
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
        Table t = table;
        int i = 0;
        while (t.hashes[i] == 0 || t.nodes[i] == GONE) {
            i++;
        }
        return t.nodes[i];
    }

    /** Adds a node whose first level no other one has. */
    void add(Node node) {
        if (node.startsWithPlus()) {
            plus = node;
            return;
        }
        if ((filled + 1) * 4 > table.hashes.length * 3) {
            rebuild();
        }
        table.insert(node);
        size++;
        filled++;
    }

    /** Puts a node in the place of one with the same first level. */
    void replace(Node old, Node node) {
        if (old.startsWithPlus()) {
            plus = node;
        } else {
            table.set(old, node);
        }
    }

    void remove(Node node) {
        if (node.startsWithPlus()) {
            plus = null;
            return;
        }
        table.set(node, GONE);
        size--;
        if (table.hashes.length > SMALLEST && size * 8 < table.hashes.length) {
            rebuild();
        }
    }

    /** A new table at most three eighths full, so that about as many changes as there are nodes pass until the next. */
    private void rebuild() {
        int length = SMALLEST;
        while (length * 3 < (size + 1) * 8) {
            length *= 2;
        }
        Table old = table;
        Table fresh = new Table(length);
        for (int i = 0; i < old.hashes.length; i++) {
            if (old.hashes[i] != 0 && old.nodes[i] != GONE) {
                fresh.insert(old.nodes[i]);
            }
        }
        table = fresh;
        filled = size;
    }
}
