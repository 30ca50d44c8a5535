package example;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** A map of encoded keys to encoded values for each keyspace: the keys' bytes have the keyspace's order. */
record MvStorage(MVStore store, Map<String, MVMap<String, byte[]>> maps) implements Storage, WriteBatch.Visitor {
    static MvStorage of(MVStore store, List<Keyspace<?, ?>> keyspaces) {
        return new MvStorage(
                store, keyspaces.stream().collect(Collectors.toMap(Keyspace::name, space -> store.openMap(space.name()))));
    }

    /** A character for each byte of the encoded key, in the same order. */
    private static <K> String text(Keyspace<K, ?> space, K key) {
        return new String(space.keys().encode(key), StandardCharsets.ISO_8859_1);
    }

    private MVMap<String, byte[]> map(Keyspace<?, ?> space) {
        return maps.get(space.name());
    }

    /** One at a time, so that a reader sees all of a group or nothing. */
    private synchronized <T> T alone(Supplier<T> what) {
        try {
            return what.get();
        } catch (MVStoreException e) {
            throw new StorageException(store.getFileStore() + ": " + message(e), e);
        }
    }

    /** H2 says what it could not do, and the cause why. */
    static String message(MVStoreException e) {
        return e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause().getMessage());
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        alone(() -> {
            group.forEach(batch -> batch.forEach(this));
            store.commit();
            if (durability == Durability.POWER) {
                store.sync();
            }
            return true;
        });
    }

    @Override
    public <K, V> void put(Keyspace<K, V> space, K key, V value) {
        map(space).put(text(space, key), space.values().encode(value));
    }

    @Override
    public <K, V> void delete(Keyspace<K, V> space, K key) {
        map(space).remove(text(space, key));
    }

    @Override
    public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
        var range = map(space).cursor(text(space, from));
        while (range.hasNext() && range.next().compareTo(text(space, to)) < 0) {
            map(space).remove(range.getKey());
        }
    }

    @Override
    public <K, V> V get(Keyspace<K, V> space, K key) {
        byte[] value = alone(() -> map(space).get(text(space, key)));
        return value == null ? null : space.values().decode(value);
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, K to) {
        var entries = alone(() -> map(space).cursor(text(space, from))); // of the map as it is now
        return new Walk<>(this, space, entries, to == null ? null : text(space, to));
    }

    @Override
    public void close() {
        store.close();
    }

    private record Walk<K, V>(
            MvStorage storage, Keyspace<K, V> space, org.h2.mvstore.Cursor<String, byte[]> entries, String end)
            implements Cursor<K, V> {
        @Override
        public boolean next() {
            return storage.alone(
                    () -> entries.hasNext() && (entries.next().compareTo(end == null ? "" : end) < 0 || end == null));
        }

        @Override
        public K key() {
            return space.keys().decode(rawKey());
        }

        @Override
        public V value() {
            return space.values().decode(entries.getValue());
        }

        @Override
        public byte[] rawKey() {
            return entries.getKey().getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public byte[] rawValue() {
            return entries.getValue().clone();
        }

        @Override
        public void close() {}
    }
}
