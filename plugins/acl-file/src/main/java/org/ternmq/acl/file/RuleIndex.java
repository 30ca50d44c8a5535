package org.ternmq.acl.file;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules by their filters, as a tree of levels: what it costs to find the one that decides grows with the levels of a topic and
 * not with the number of rules.
 *
 * <p>Made by one thread, then immutable and safe for use by all.
 */
final class RuleIndex {
    /** A rule under the filter that it has for a client, which is empty for every topic there is. */
    record Entry(Rule rule, String filter) {}

    private static final Entry[] NONE = {};

    /** One level of the tree. Its arrays have the rules in the order in which they decide. */
    private static final class Node {
        private @Nullable LevelMap<Node> children;
        private @Nullable Node plus;
        /** Filters that end here. */
        private Entry[] here = NONE;
        /** Filters that go on with {@code #} here. */
        private Entry[] below = NONE;

        /** The child of the level that a topic has between two indexes. */
        @Nullable
        Node child(String topic, int from, int to) {
            return children == null ? null : children.get(topic, from, to);
        }

        /** The child of a level of a filter, made if it is not there. */
        Node childFor(String level) {
            if (level.equals("+")) {
                if (plus == null) {
                    plus = new Node();
                }
                return plus;
            }
            if (children == null) {
                children = new LevelMap<>();
            }
            Node next = children.get(level, 0, level.length());
            if (next == null) {
                next = new Node();
                children.put(level, next);
            }
            return next;
        }
    }

    private final Node root = new Node();
    /** Those that no topic is exempt from, not even one that starts with {@code $}. */
    private Entry[] everywhere = NONE;

    /** The requests that some rule speaks of, and those that some rule denies. */
    private int spokenOf;

    private int denied;

    /** An index of these. */
    RuleIndex(List<Entry> entries) {
        entries.stream()
                .sorted(Comparator.comparingInt(entry -> entry.rule().order()))
                .forEach(this::add);
    }

    private void add(Entry entry) {
        spokenOf |= entry.rule().requests();
        if (!entry.rule().allow()) {
            denied |= entry.rule().requests();
        }
        String filter = entry.filter();
        if (filter.isEmpty()) {
            everywhere = append(everywhere, entry);
            return;
        }
        // These match the same as the shorter ones, there being no topic without a level and none whose only one is
        // empty.
        filter = filter.equals("+/#") ? "#" : filter.equals("/+/#") ? "/#" : filter;
        Node node = root;
        for (String level : filter.split("/", -1)) {
            if (level.equals("#")) {
                node.below = append(node.below, entry);
                return;
            }
            node = node.childFor(level);
        }
        node.here = append(node.here, entry);
    }

    private static Entry[] append(Entry[] entries, Entry entry) {
        Entry[] longer = Arrays.copyOf(entries, entries.length + 1);
        longer[entries.length] = entry;
        return longer;
    }

    /** Whether one of the rules denies one of these requests. */
    boolean deniesAnyOf(int requests) {
        return (denied & requests) != 0;
    }

    /**
     * The first rule that speaks of a request and whose filter matches its topic or, if it has a topic filter, covers this.
     * Allocates nothing.
     *
     * @param text a topic name, or a topic filter
     * @param request see {@link Action#bit}
     * @param best one found elsewhere, which a rule has to come before
     * @return that rule, else {@code best}
     */
    @Nullable
    Entry find(String text, int request, @Nullable Entry best) {
        if ((spokenOf & request) == 0) {
            return best;
        }
        Entry found = first(everywhere, request, best);
        if (text.isEmpty()) {
            return found;
        }
        if (text.charAt(0) != '$') {
            return walk(root, text, 0, request, found);
        }
        Node node = root.child(text, 0, end(text, 0)); // MQTT-4.7.2-1: no wildcard in the first level
        return node == null ? found : walk(node, text, end(text, 0) + 1, request, found);
    }

    private static @Nullable Entry first(Entry[] entries, int request, @Nullable Entry best) {
        for (Entry entry : entries) {
            if (best != null && best.rule().order() <= entry.rule().order()) {
                return best;
            }
            if (entry.rule().speaksOf(request)) {
                return entry;
            }
        }
        return best;
    }

    private static int end(String text, int start) {
        int end = text.indexOf('/', start);
        return end < 0 ? text.length() : end;
    }

    private static boolean isLevel(String text, int start, int end, char wildcard) {
        return end == start + 1 && text.charAt(start) == wildcard;
    }

    private static @Nullable Entry walk(Node node, String text, int start, int request, @Nullable Entry best) {
        Entry found = first(node.below, request, best);
        if (start > text.length()) {
            return first(node.here, request, found);
        }
        int end = end(text, start);
        if (isLevel(text, start, end, '#')) {
            return found; // only what ends with # covers it
        }
        if (node.plus != null) {
            found = walk(node.plus, text, end + 1, request, found);
        }
        // A level + of a filter is no level of a topic, so that no child has its name.
        Node child = node.child(text, start, end);
        return child == null ? found : walk(child, text, end + 1, request, found);
    }

    /** Whether a rule that allows this request has a filter that some topic of the given filter matches. */
    boolean allowsSomeOf(String filter, int request) {
        // There is no topic whose only level is empty: /# begins with two levels, and + is not the empty one (see
        // below).
        String text = filter.equals("/#") ? "/+/#" : filter;
        return allows(everywhere, request) || overlaps(root, text, 0, request);
    }

    private static boolean allows(Entry[] entries, int request) {
        for (Entry entry : entries) {
            if (entry.rule().allow() && entry.rule().speaksOf(request)) {
                return true;
            }
        }
        return false;
    }

    private static boolean overlaps(Node node, String filter, int start, int request) {
        boolean dollar = start == 0 && filter.startsWith("$"); // MQTT-4.7.2-1, here and below
        if (!dollar && allows(node.below, request)) {
            return true;
        }
        if (start > filter.length()) {
            return allows(node.here, request);
        }
        int end = end(filter, start);
        boolean all = isLevel(filter, start, end, '#');
        boolean one = isLevel(filter, start, end, '+');
        if (all && start > 0 && allows(node.here, request)) {
            return true;
        }
        // # goes on being # on the levels below.
        int next = all ? Math.max(1, start) : end + 1;
        String rest = all && start == 0 ? "/#" : filter;
        if (node.plus != null && !dollar && overlaps(node.plus, rest, next, request)) {
            return true;
        }
        if (all || one) {
            return node.children != null
                    && node.children.any((level, child) -> !(start == 0 && level.startsWith("$"))
                            && !(level.isEmpty() && filter.equals("+"))
                            && overlaps(child, rest, next, request));
        }
        Node child = node.child(filter, start, end);
        return child != null && overlaps(child, filter, end + 1, request);
    }
}
