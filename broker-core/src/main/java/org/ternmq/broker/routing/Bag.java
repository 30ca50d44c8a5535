package org.ternmq.broker.routing;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A small set of values with keys of their own: an array that is copied when it changes, and a concurrent map when they
 * are many. Changed under the index's lock; read without one, by readers who see every change made before they began.
 */
final class Bag<K, V> {
    private static final int FEW = 32;

    private final Function<V, K> key;
    private volatile List<V> few = List.of();
    private volatile @Nullable Map<K, V> many;

    Bag(Function<V, K> key) {
        this.key = key;
    }

    @Nullable
    V get(K k) {
        Map<K, V> map = many;
        if (map != null) {
            return map.get(k);
        }
        int at = position(k);
        return at < 0 ? null : few.get(at);
    }

    private int position(K k) {
        List<V> all = few;
        for (int i = 0; i < all.size(); i++) {
            if (key.apply(all.get(i)).equals(k)) {
                return i;
            }
        }
        return -1;
    }

    /** Adds a value, or replaces the one of its key and returns that. */
    @Nullable
    V put(V value) {
        Map<K, V> map = many;
        if (map != null) {
            return map.put(key.apply(value), value);
        }
        List<V> all = few;
        int at = position(key.apply(value));
        if (at < 0 && all.size() == FEW) {
            map = new ConcurrentHashMap<>(FEW * 2);
            for (V v : all) {
                map.put(key.apply(v), v);
            }
            map.put(key.apply(value), value);
            many = map; // before the list goes, since readers look at the list first
            few = List.of();
            return null;
        }
        @SuppressWarnings("unchecked") // only ever seen as a List<V>
        V[] copy = (V[]) all.toArray(new Object[at < 0 ? all.size() + 1 : all.size()]);
        V old = at < 0 ? null : all.get(at);
        copy[at < 0 ? all.size() : at] = value;
        few = Arrays.asList(copy);
        return old;
    }

    @Nullable
    V remove(K k) {
        Map<K, V> map = many;
        if (map != null) {
            return map.remove(k);
        }
        int at = position(k);
        if (at < 0) {
            return null;
        }
        V old = few.get(at);
        few = few.stream().filter(v -> v != old).toList();
        return old;
    }

    boolean isEmpty() {
        List<V> some = few;
        Map<K, V> map = many;
        return map == null ? some.isEmpty() : map.isEmpty();
    }

    void addTo(List<V> all) {
        List<V> some = few; // first: who sees it emptied sees the map too
        Map<K, V> map = many;
        if (map == null) {
            all.addAll(some);
        } else {
            all.addAll(map.values());
        }
    }
}
