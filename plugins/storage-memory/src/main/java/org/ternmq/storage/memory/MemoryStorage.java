package org.ternmq.storage.memory;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Sorted maps of the objects themselves: nothing is encoded, unless a cursor is asked for raw bytes.
 *
 * <p>The lock makes a group whole for readers. A cursor holds it only while it is made: what is written afterwards it may see or
 * not, as {@link Storage#scan} allows, so that a long scan does not hold up the writer.
 */
final class MemoryStorage implements Storage {
    private final Map<String, ConcurrentNavigableMap<?, ?>> maps;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    MemoryStorage(List<Keyspace<?, ?>> keyspaces) {
        maps = keyspaces.stream()
                .collect(Collectors.toUnmodifiableMap(Keyspace::name, k -> new ConcurrentSkipListMap<>(k.order())));
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        lock.writeLock().lock();
        try {
            Apply apply = new Apply();
            for (WriteBatch batch : group) {
                batch.forEach(apply);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        lock.readLock().lock();
        try {
            return map(space).get(key);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        ConcurrentNavigableMap<K, V> map = map(space);
        if (to != null && space.order().compare(from, to) >= 0) {
            return new MemoryCursor<>(space, List.<Map.Entry<K, V>>of().iterator());
        }
        lock.readLock().lock();
        try {
            ConcurrentNavigableMap<K, V> range = to == null ? map.tailMap(from, true) : map.subMap(from, to);
            return new MemoryCursor<>(space, range.entrySet().iterator());
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            maps.values().forEach(Map::clear);
        } finally {
            lock.writeLock().unlock();
        }
    }

    @SuppressWarnings("unchecked") // each map was made for the keyspace of its name
    private <K, V> ConcurrentNavigableMap<K, V> map(Keyspace<K, V> space) {
        ConcurrentNavigableMap<?, ?> map = maps.get(space.name());
        if (map == null) {
            throw new StorageException("keyspace " + space + " is not open in the storage in memory");
        }
        return (ConcurrentNavigableMap<K, V>) map;
    }

    private final class Apply implements WriteBatch.Visitor {
        @Override
        public <K, V> void put(Keyspace<K, V> space, K key, V value) {
            map(space).put(key, value);
        }

        @Override
        public <K, V> void delete(Keyspace<K, V> space, K key) {
            map(space).remove(key);
        }

        @Override
        public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
            if (space.order().compare(from, to) < 0) {
                map(space).subMap(from, to).clear();
            }
        }
    }
}
