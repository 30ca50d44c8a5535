package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Codec;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** What a store says of itself: the version of its records, and whether an import into it has not ended. */
final class StoreMarks {
    /** Set while an import runs; a broker does not start on such a store. */
    private static final String IMPORTING_KEY = "importing";

    private static final int REMOVED_AT_ONCE = 1_000;

    private static final Codec<byte[]> RAW = new Codec<>() {
        @Override
        public byte[] encode(byte[] value) {
            return value.clone();
        }

        @Override
        public byte[] decode(byte[] bytes) {
            return bytes.clone();
        }
    };

    private final Storage storage;

    StoreMarks(Storage storage) {
        this.storage = storage;
    }

    /** The schema version, or null if none is written. */
    @Nullable
    Long schema() {
        try {
            return storage.get(Keyspaces.META, Keyspaces.SCHEMA_KEY);
        } catch (CorruptRecordException e) {
            throw new StorageException("the schema version of the store cannot be read: " + e.getMessage(), e);
        }
    }

    /** Sets the schema version; it outlives a power cut when this returns. */
    void schema(long version) {
        WriteBatch batch = new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, version);
        storage.write(List.of(batch), Durability.POWER);
    }

    /** Whether an import was begun and has not ended. */
    boolean isImporting() {
        return storage.get(Keyspaces.META, IMPORTING_KEY) != null;
    }

    /** Says that an import begins. */
    void beginImport() {
        WriteBatch batch =
                new WriteBatch().put(Keyspaces.META, IMPORTING_KEY, 1L).delete(Keyspaces.META, Keyspaces.SCHEMA_KEY);
        storage.write(List.of(batch), Durability.POWER);
    }

    /** Says that an import has ended, and which version its records have. */
    void endImport(long schema) {
        WriteBatch batch = new WriteBatch()
                .put(Keyspaces.META, Keyspaces.SCHEMA_KEY, schema)
                .delete(Keyspaces.META, IMPORTING_KEY);
        storage.write(List.of(batch), Durability.POWER);
    }

    /** Whether there are records besides these marks, readable or not. */
    boolean isEmpty() {
        return RecordJson.ALL.stream().allMatch(this::isEmpty);
    }

    private <K> boolean isEmpty(RecordJson<K, ?> form) {
        try (Cursor<K, ?> cursor = storage.scan(form.space(), form.first(), null)) {
            return !cursor.next();
        }
    }

    /** Removes all records but these marks, readable or not, a few at a time. */
    void clear() {
        for (Keyspace<?, ?> space : Keyspaces.ALL) {
            if (!space.equals(Keyspaces.META)) {
                Keyspace<byte[], byte[]> raw = raw(space);
                for (List<byte[]> keys = some(raw); !keys.isEmpty(); keys = some(raw)) {
                    WriteBatch batch = new WriteBatch();
                    keys.forEach(key -> batch.delete(raw, key));
                    storage.write(List.of(batch), Durability.PROCESS);
                }
            }
        }
    }

    private List<byte[]> some(Keyspace<byte[], byte[]> space) {
        List<byte[]> keys = new ArrayList<>();
        try (Cursor<byte[], byte[]> cursor = storage.scan(space, new byte[0], null)) {
            while (keys.size() < REMOVED_AT_ONCE && cursor.next()) {
                keys.add(cursor.rawKey());
            }
        }
        return keys;
    }

    /** The same keyspace as bytes, for a storage that stores bytes. */
    private static Keyspace<byte[], byte[]> raw(Keyspace<?, ?> space) {
        return new Keyspace<>(space.name(), Arrays::compareUnsigned, RAW, RAW);
    }
}
