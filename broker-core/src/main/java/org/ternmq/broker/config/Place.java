package org.ternmq.broker.config;

import org.jspecify.annotations.Nullable;

/**
 * A place in the configuration: the path of a value and where it was written. A record that has a component of this type
 * gets its own place there, so that what is found out later can be reported where it was written.
 */
public final class Place {
    private static final Place NOWHERE = new Place(new ConfigNode.Empty(Origin.of("")), "");

    private final ConfigNode node;
    private final String path;

    Place(ConfigNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** No place: for records that were not read from a configuration. */
    public static Place nowhere() {
        return NOWHERE;
    }

    /** Where it was written. */
    public Origin origin() {
        return node.origin();
    }

    /** Such as {@code listeners[0].bind}; empty for the whole configuration. */
    public String path() {
        return path;
    }

    /** The place of a key's value; that of the block, if the key is not written. */
    public Place at(String key) {
        ConfigNode value = value(key);
        return new Place(value == null ? node : value, child(path, key));
    }

    /** The place of an element of a list; that of the list, if there are not so many. */
    public Place at(int index) {
        boolean there =
                node instanceof ConfigNode.Sequence s && index < s.items().size();
        return new Place(there ? ((ConfigNode.Sequence) node).items().get(index) : node, path + "[" + index + "]");
    }

    /** Whether a key is written out. */
    public boolean has(String key) {
        return value(key) != null;
    }

    private @Nullable ConfigNode value(String key) {
        if (node instanceof ConfigNode.Mapping m) {
            ConfigNode.Entry entry = m.entries().get(key);
            return entry == null ? null : entry.value();
        }
        return null;
    }

    ConfigNode node() {
        return node;
    }

    static String child(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** Places are equal if they have the same path and origin. */
    @Override
    public boolean equals(Object o) {
        return o instanceof Place p && path.equals(p.path) && origin().equals(p.origin());
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return origin() + ": " + path;
    }
}
