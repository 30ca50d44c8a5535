package org.ternmq.testkit;

import static org.ternmq.testkit.TestKeyspaces.BODIES;
import static org.ternmq.testkit.TestKeyspaces.BYTES;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.OTHER_BYTES;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageFactory;
import org.ternmq.spi.WriteBatch;

/** An open store for each test, and what a plugin says of itself. Not for use by several threads. */
abstract class StorageFixture {
    static final int MIB = 1024 * 1024;
    static final List<Keyspace<?, ?>> KEYSPACES = List.of(BYTES, OTHER_BYTES, NUMBERS, OTHER_NUMBERS, BODIES);

    final long seed = Long.getLong("ternmq.seed", System.nanoTime());

    @TempDir
    Path folder = Path.of("");

    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable Storage current;

    /**
     * The factory under test.
     *
     * @return a new factory
     */
    protected abstract StorageFactory factory();

    /**
     * The settings to open it with, as YAML would give them.
     *
     * @return none by default
     */
    protected Map<String, Object> config() {
        return Map.of();
    }

    /**
     * Whether what was written is there when the store is opened again.
     *
     * @return by default what the factory says
     */
    protected boolean keepsAfterClose() {
        return !factory().isVolatile();
    }

    /**
     * Whether it stores bytes, as opposed to the objects it was given.
     *
     * @return true by default
     */
    protected boolean storesBytes() {
        return true;
    }

    /**
     * Names the file to which the last write went, where a storage has one such file: it is then cut at every byte of its
     * last record, as a kill may leave it.
     *
     * @param data the folder of an open store
     * @return by default none, and this is not tried
     * @throws IOException if the folder cannot be read
     */
    protected Optional<Path> newestFile(Path data) throws IOException {
        return Optional.empty();
    }

    /**
     * Makes a store look as if a later version of the plugin with another format had written it.
     *
     * @param data the folder of a closed store
     * @return whether it did; by default false, and this is not tried
     * @throws IOException if the files cannot be changed
     */
    protected boolean makeForeign(Path data) throws IOException {
        return false;
    }

    /**
     * How large the files may be with nearly nothing in the store, whatever has been in it.
     *
     * @return 32 MiB by default
     */
    protected long restingBytes() {
        return 32L * MIB;
    }

    final TestPluginContext context(Path where) {
        return new TestPluginContext(factory().type(), where, config());
    }

    /** Opens an empty store. */
    @BeforeEach
    final void open() throws Exception {
        current = openStorage(KEYSPACES);
    }

    /** Closes what the test left open. */
    @AfterEach
    final void closeAll() throws Exception {
        closeCurrent();
        Collections.reverse(opened);
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    final Storage openStorage(List<Keyspace<?, ?>> keyspaces) throws Exception {
        TestPluginContext context = context(folder);
        opened.add(context);
        return factory().open(context, keyspaces);
    }

    final Storage storage() {
        if (current == null) {
            throw new IllegalStateException("no store is open");
        }
        return current;
    }

    final void closeCurrent() {
        Storage storage = current;
        current = null;
        if (storage != null) {
            storage.close();
        }
    }

    final Storage reopen(List<Keyspace<?, ?>> keyspaces) {
        closeCurrent();
        try {
            current = openStorage(keyspaces);
        } catch (Exception e) {
            throw new AssertionError("the store does not open again", e);
        }
        return storage();
    }

    final void write(WriteBatch batch) {
        storage().write(List.of(batch), Durability.PROCESS);
    }

    final void writeNumbers(long first, long last) {
        WriteBatch batch = new WriteBatch();
        LongStream.rangeClosed(first, last).forEach(n -> batch.put(NUMBERS, n, n));
        write(batch);
    }

    final List<Long> numbers(long from, @Nullable Long to) {
        return keysOf(NUMBERS, from, to);
    }

    final <K> List<K> keysOf(Keyspace<K, ?> space, K from, @Nullable K to) {
        List<K> keys = new ArrayList<>();
        try (Cursor<K, ?> cursor = storage().scan(space, from, to)) {
            while (cursor.next()) {
                keys.add(cursor.key());
            }
        }
        return keys;
    }

    static byte[] key(int... bytes) {
        byte[] key = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            key[i] = (byte) bytes[i];
        }
        return key;
    }
}
