package org.ternmq.acl.file;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From a topic level to what is below it. Looks a level up where it stands in a topic, so that no String is made of it.
 *
 * <p>Filled by one thread, then safe for use by all.
 */
final class LevelMap<V> {
    private static final int FIRST_SIZE = 2;

    private @Nullable String[] keys = new String[FIRST_SIZE];
    private List<@Nullable V> values = empty(FIRST_SIZE);
    private int count;

    private static <T> List<@Nullable T> empty(int size) {
        List<@Nullable T> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(null);
        }
        return list;
    }

    private static int hash(String text, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + text.charAt(i);
        }
        hash *= 0x9E37_79B9; // numbered levels, which are frequent, would lie in heaps
        return hash ^ hash >>> 16;
    }

    /** The value of the level that a topic has between two indexes; null if there is none. Allocates nothing. */
    @Nullable
    V get(String topic, int from, int to) {
        int mask = keys.length - 1;
        for (int at = hash(topic, from, to) & mask; ; at = at + 1 & mask) {
            String key = keys[at];
            if (key == null) {
                return null;
            }
            if (key.length() == to - from && topic.startsWith(key, from)) {
                return values.get(at);
            }
        }
    }

    /** Adds a level that is not there yet. */
    void put(String level, V value) {
        if (++count * 2 > keys.length) {
            grow();
        }
        set(level, value);
    }

    private void set(String level, @Nullable V value) {
        int mask = keys.length - 1;
        int at = hash(level, 0, level.length()) & mask;
        while (keys[at] != null) {
            at = at + 1 & mask;
        }
        keys[at] = level;
        values.set(at, value);
    }

    private void grow() {
        @Nullable String[] oldKeys = keys;
        List<@Nullable V> oldValues = values;
        keys = new String[oldKeys.length * 2];
        values = empty(oldKeys.length * 2);
        for (int i = 0; i < oldKeys.length; i++) {
            String key = oldKeys[i];
            if (key != null) {
                set(key, oldValues.get(i));
            }
        }
    }

    interface Test<V> {
        boolean test(String level, V value);
    }

    /** Whether one of them passes. */
    boolean any(Test<V> test) {
        for (int i = 0; i < keys.length; i++) {
            String key = keys[i];
            V value = values.get(i);
            if (key != null && value != null && test.test(key, value)) {
                return true;
            }
        }
        return false;
    }
}
