package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ternmq.testkit.TestKeyspaces.BODIES;
import static org.ternmq.testkit.TestKeyspaces.BYTES;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS_RAW;
import static org.ternmq.testkit.TestKeyspaces.OTHER_BYTES;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.StorageFactory;
import org.ternmq.spi.WriteBatch;

/**
 * What every storage must do. A plugin's test extends this class and names its factory:
 *
 * <pre>{@code
 * final class MyStorageTest extends StorageConformance {
 *     protected StorageFactory factory() {
 *         return new MyStorageFactory();
 *     }
 * }
 * }</pre>
 *
 * <p>The class needs a constructor without parameters, as a second process makes an object of it too: the one that is killed.
 * It is killed {@value #KILLS} times, or as often as the system property {@code ternmq.kills} says. Random choices start from the
 * number that a failure shows, which the system property {@code ternmq.seed} repeats.
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it; storages that
 * forget or that store no bytes say so by {@link #keepsAfterClose} and {@link #storesBytes}.
 */
public abstract class StorageConformance {
    private static final int KILLS = 5;
    private static final int KILLS_OF_ONE_STORE = 20;
    private static final int SMALL_DISK_MIB = 64;
    private static final int LONGEST_RUN_MILLIS = 500;
    private static final int MODEL_GROUPS = 300;
    private static final int MIB = 1024 * 1024;
    private static final List<Keyspace<?, ?>> KEYSPACES = List.of(BYTES, OTHER_BYTES, NUMBERS, OTHER_NUMBERS, BODIES);

    private final long seed = Long.getLong("ternmq.seed", System.nanoTime());
    private final List<AutoCloseable> opened = new ArrayList<>();

    @TempDir
    Path folder = Path.of("");

    private @Nullable Storage current;

    /** For subclasses. */
    protected StorageConformance() {}

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

    private Storage openStorage(List<Keyspace<?, ?>> keyspaces) throws Exception {
        TestPluginContext context = context(folder);
        opened.add(context);
        return factory().open(context, keyspaces);
    }

    private Storage storage() {
        if (current == null) {
            throw new IllegalStateException("no store is open");
        }
        return current;
    }

    private void closeCurrent() {
        Storage storage = current;
        current = null;
        if (storage != null) {
            storage.close();
        }
    }

    private Storage reopen(List<Keyspace<?, ?>> keyspaces) {
        closeCurrent();
        try {
            current = openStorage(keyspaces);
        } catch (Exception e) {
            throw new AssertionError("the store does not open again", e);
        }
        return storage();
    }

    @Test
    protected void namesAType() {
        assertThat(factory().type()).matches("[a-z0-9-]+").isEqualTo(factory().type());
    }

    @Test
    protected void refusesUnknownSettings() {
        Map<String, Object> settings = new HashMap<>(config());
        settings.put("no-such-setting", 1);
        try (TestPluginContext context = new TestPluginContext("test", folder.resolve("unknown"), settings)) {
            assertThatThrownBy(() -> factory().open(context, KEYSPACES)).isInstanceOf(ConfigurationException.class);
        }
    }

    @Test
    protected void returnsWhatWasWritten() {
        assertThat(storage().get(NUMBERS, 1L)).isNull();
        write(new WriteBatch().put(NUMBERS, 1L, 10L).put(NUMBERS, 2L, 20L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(10);
        write(new WriteBatch().put(NUMBERS, 1L, 11L).delete(NUMBERS, 2L).delete(NUMBERS, 3L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(11);
        assertThat(storage().get(NUMBERS, 2L)).isNull();
        assertThat(numbers(0, null)).containsExactly(1L);
    }

    @Test
    protected void keepsKeyspacesApart() {
        write(new WriteBatch().put(NUMBERS, 1L, 1L).put(OTHER_NUMBERS, 1L, 2L).put(OTHER_NUMBERS, 2L, 2L));
        write(new WriteBatch().delete(NUMBERS, 1L));
        assertThat(storage().get(OTHER_NUMBERS, 1L)).isEqualTo(2);
        write(new WriteBatch().put(NUMBERS, 1L, 3L).deleteRange(OTHER_NUMBERS, 0L, 9L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(3);
        assertThat(storage().get(OTHER_NUMBERS, 1L)).isNull();
        assertThat(storage().get(OTHER_NUMBERS, 2L)).isNull();
    }

    @Test
    protected void ordersKeysByTheirUnsignedBytes() {
        List<byte[]> keys = new ArrayList<>(List.of(
                key(0x00),
                key(0x00, 0x00),
                key(0x00, 0xff),
                key(0x01),
                key(0x7f),
                key(0x7f, 0x00),
                key(0x7f, 0xff),
                key(0x80),
                key(0x80, 0x00),
                key(0xfe, 0xff),
                key(0xff),
                key(0xff, 0x00),
                key(0xff, 0xff)));
        List<byte[]> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new Random(seed));
        for (byte[] key : shuffled) {
            write(new WriteBatch().put(BYTES, key, key));
        }
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(key);
        }
        assertThat(keysOf(BYTES, key(0x7f), key(0x80))).containsExactlyElementsOf(keys.subList(4, 7));
    }

    @Test
    protected void bearsHostileKeys() {
        byte[] zeros = new byte[65_536];
        byte[] ones = new byte[65_536];
        Arrays.fill(ones, (byte) 0xff);
        byte[] almost = ones.clone();
        almost[almost.length - 1] = (byte) 0xfe;
        List<byte[]> keys = List.of(key(0), zeros, "a/b\n\r\t\"'`;%_\\".getBytes(UTF_8), key(0xff), almost, ones);
        WriteBatch batch = new WriteBatch();
        keys.forEach(key -> batch.put(BYTES, key, Arrays.copyOf(key, 10)));
        write(batch);
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(Arrays.copyOf(key, 10));
        }
        assertThat(keysOf(BYTES, almost, ones)).containsExactly(almost);
        write(new WriteBatch().deleteRange(BYTES, key(0), ones));
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactly(ones);
    }

    @Test
    protected void tellsKeysWithACommonBeginningApart() {
        List<byte[]> keys = new ArrayList<>();
        byte[] longest = new byte[400];
        Arrays.fill(longest, (byte) 'a');
        for (int length = 0; length <= longest.length; length++) { // the empty key is one, too
            keys.add(Arrays.copyOf(longest, length));
        }
        List<byte[]> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new Random(seed));
        WriteBatch batch = new WriteBatch();
        shuffled.forEach(key -> batch.put(BYTES, key, Arrays.copyOf(key, key.length + 1)));
        write(batch);
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(Arrays.copyOf(key, key.length + 1));
        }
        write(new WriteBatch().deleteRange(BYTES, new byte[0], keys.get(200)).delete(BYTES, keys.get(300)));
        assertThat(keysOf(BYTES, new byte[0], null))
                .hasSize(200)
                .startsWith(keys.get(200))
                .endsWith(longest);
    }

    @Test
    protected void walksFromTheFirstKeyInclusiveToTheLastExclusive() {
        WriteBatch batch = new WriteBatch();
        LongStream.of(2, 4, 6, 8).forEach(n -> batch.put(NUMBERS, n, n));
        write(batch);
        assertThat(numbers(4, 8L)).containsExactly(4L, 6L);
        assertThat(numbers(3, 7L)).containsExactly(4L, 6L);
        assertThat(numbers(0, 2L)).isEmpty();
        assertThat(numbers(5, 6L)).isEmpty();
        assertThat(numbers(4, 4L)).isEmpty();
        assertThat(numbers(6, null)).containsExactly(6L, 8L);
        assertThat(numbers(8, null)).containsExactly(8L);
        assertThat(numbers(9, null)).isEmpty();
        assertThat(numbers(0, Long.MAX_VALUE)).containsExactly(2L, 4L, 6L, 8L);
    }

    @Test
    protected void keepsCursorsApart() {
        writeNumbers(1, 100);
        try (Cursor<Long, Long> one = storage().scan(NUMBERS, 1L, null);
                Cursor<Long, Long> two = storage().scan(NUMBERS, 50L, 60L)) {
            for (long n = 1; n <= 10; n++) {
                assertThat(one.next()).isTrue();
                assertThat(two.next()).isTrue();
                assertThat(one.key()).isEqualTo(n).isEqualTo(one.value());
                assertThat(two.key()).isEqualTo(n + 49);
            }
            assertThat(two.next()).isFalse();
            assertThat(two.next()).isFalse();
            assertThat(one.next()).isTrue();
            assertThat(one.key()).isEqualTo(11);
        }
        for (int i = 0; i < 2_000; i++) { // left in the middle, closed, forgotten
            try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 1L, null)) {
                assertThat(cursor.next()).isTrue();
            }
        }
    }

    @Test
    protected void bearsChangesUnderACursor() {
        writeNumbers(1, 1_000);
        List<Long> seen = new ArrayList<>();
        try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 1L, null)) {
            while (cursor.next() && cursor.key() <= 1_000) {
                seen.add(cursor.key());
                write(new WriteBatch().delete(NUMBERS, cursor.key()).put(OTHER_NUMBERS, cursor.key(), 1L));
            }
        }
        assertThat(seen)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 1_000).boxed().toList());
        assertThat(numbers(0, null)).isEmpty();
    }

    @Test
    protected void letsALaterChangeWin() {
        WriteBatch first = new WriteBatch()
                .put(NUMBERS, 1L, 1L)
                .put(NUMBERS, 1L, 2L)
                .put(NUMBERS, 2L, 1L)
                .delete(NUMBERS, 2L)
                .delete(NUMBERS, 3L)
                .put(NUMBERS, 3L, 3L)
                .put(NUMBERS, 4L, 1L)
                .put(NUMBERS, 5L, 1L);
        WriteBatch second = new WriteBatch().put(NUMBERS, 4L, 2L).delete(NUMBERS, 5L);
        storage().write(List.of(first, second), Durability.PROCESS);
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(2);
        assertThat(storage().get(NUMBERS, 3L)).isEqualTo(3);
        assertThat(storage().get(NUMBERS, 4L)).isEqualTo(2);
        assertThat(numbers(0, null)).containsExactly(1L, 3L, 4L);
        write(new WriteBatch().deleteRange(NUMBERS, 0L, 9L));
        storage().write(List.of(first, second), Durability.PROCESS); // the group was not changed by the first write
        assertThat(numbers(0, null)).containsExactly(1L, 3L, 4L);
    }

    @Test
    protected void removesRangesAndWhatTheGroupSetInThemBefore() {
        writeNumbers(1, 10);
        storage()
                .write(
                        List.of(
                                new WriteBatch().put(NUMBERS, 4L, 40L).put(NUMBERS, 20L, 20L),
                                new WriteBatch()
                                        .put(NUMBERS, 5L, 50L)
                                        .put(NUMBERS, 21L, 21L)
                                        .deleteRange(NUMBERS, 3L, 8L)
                                        .deleteRange(NUMBERS, 20L, 22L)
                                        .put(NUMBERS, 6L, 60L),
                                new WriteBatch().put(NUMBERS, 7L, 70L)),
                        Durability.PROCESS);
        assertThat(numbers(0, null)).containsExactly(1L, 2L, 6L, 7L, 8L, 9L, 10L);
        assertThat(storage().get(NUMBERS, 4L)).isNull();
        assertThat(storage().get(NUMBERS, 6L)).isEqualTo(60);
        write(new WriteBatch().deleteRange(NUMBERS, 100L, 200L)); // nothing is there
        assertThat(numbers(0, null)).hasSize(7);
    }

    @Test
    protected void removesLongRanges() {
        writeNumbers(1, 20_000);
        write(new WriteBatch().deleteRange(NUMBERS, 11L, 19_991L).put(NUMBERS, 500L, 1L));
        List<Long> left = new ArrayList<>(LongStream.rangeClosed(1, 10).boxed().toList());
        left.add(500L);
        left.addAll(LongStream.rangeClosed(19_991, 20_000).boxed().toList());
        assertThat(numbers(0, null)).isEqualTo(left);
    }

    @Test
    protected void takesLargeAndEmptyValues() {
        byte[] large = new byte[8 * MIB];
        new Random(seed).nextBytes(large);
        write(new WriteBatch()
                .put(BODIES, 1L, new byte[0])
                .put(BODIES, 2L, large)
                .put(BODIES, 3L, key(3)));
        assertThat(storage().get(BODIES, 1L)).isEmpty();
        assertThat(Arrays.equals(storage().get(BODIES, 2L), large)).isTrue();
        try (Cursor<Long, byte[]> cursor = storage().scan(BODIES, 1L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEmpty();
            assertThat(cursor.next()).isTrue();
            assertThat(Arrays.equals(cursor.value(), large)).isTrue();
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEqualTo(key(3));
        }
    }

    @Test
    protected void reportsUnreadableRecordsAndGoesOn() {
        assumeTrue(storesBytes(), "the storage stores no bytes");
        byte[] second = NUMBERS.keys().encode(2L);
        byte[] third = {0, 0, 0, 0, 0, 0, 0, 2, 9};
        write(new WriteBatch()
                .put(NUMBERS, 1L, 1L)
                .put(NUMBERS_RAW, second, key(7, 7))
                .put(NUMBERS_RAW, third, NUMBERS.values().encode(3L))
                .put(NUMBERS, 4L, 4L));
        assertThatThrownBy(() -> storage().get(NUMBERS, 2L)).isInstanceOf(CorruptRecordException.class);
        try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 0L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEqualTo(1);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.key()).isEqualTo(2);
            assertThatThrownBy(cursor::value).isInstanceOf(CorruptRecordException.class);
            assertThat(cursor.rawKey()).isEqualTo(second);
            assertThat(cursor.rawValue()).isEqualTo(key(7, 7));
            assertThat(cursor.next()).isTrue();
            assertThatThrownBy(cursor::key).isInstanceOf(CorruptRecordException.class);
            assertThat(cursor.rawKey()).isEqualTo(third);
            assertThat(cursor.value()).isEqualTo(3);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.key()).isEqualTo(4);
            assertThat(cursor.next()).isFalse();
        }
    }

    @Test
    protected void showsRawBytes() {
        writeNumbers(300, 300);
        try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 0L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.rawKey()).isEqualTo(key(0, 0, 0, 0, 0, 0, 1, 44));
            assertThat(cursor.rawValue()).isEqualTo(key(0, 0, 0, 0, 0, 0, 1, 44));
        }
    }

    @Test
    protected void showsReadersWholeGroups() throws Exception {
        new ReadersAndWriter(storage(), seed).run();
    }

    @Test
    protected void agreesWithAModel() {
        try {
            new StorageModel(seed).run(storage(), MODEL_GROUPS, open -> keepsAfterClose() ? reopen(KEYSPACES) : open);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("-Dternmq.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    @Test
    protected void keepsEverythingWhenOpenedAgain() {
        assumeTrue(keepsAfterClose(), "the storage forgets");
        byte[] large = new byte[MIB];
        new Random(seed).nextBytes(large);
        writeNumbers(1, 1_000);
        write(new WriteBatch()
                .put(BODIES, 1L, large)
                .deleteRange(NUMBERS, 100L, 900L)
                .delete(NUMBERS, 1L));
        storage().write(List.of(new WriteBatch().put(OTHER_NUMBERS, 5L, 6L)), Durability.POWER);
        for (int i = 0; i < 2; i++) {
            reopen(KEYSPACES);
            assertThat(numbers(0, null))
                    .hasSize(199)
                    .startsWith(2L, 3L)
                    .contains(99L, 900L)
                    .endsWith(1_000L);
            assertThat(Arrays.equals(storage().get(BODIES, 1L), large)).isTrue();
            assertThat(storage().get(OTHER_NUMBERS, 5L)).isEqualTo(6);
            assertThat(storage().get(NUMBERS, 500L)).isNull();
        }
    }

    /** A later version of the broker may bring more keyspaces, and an earlier one knows fewer. */
    @Test
    protected void opensWithMoreOrFewerKeyspaces() {
        assumeTrue(keepsAfterClose(), "the storage forgets");
        Keyspace<Long, Long> added = new Keyspace<>("added-later", Long::compare, NUMBERS.keys(), NUMBERS.values());
        writeNumbers(1, 10);
        write(new WriteBatch().put(OTHER_NUMBERS, 1L, 2L));
        List<Keyspace<?, ?>> more = new ArrayList<>(KEYSPACES);
        more.add(0, added);
        reopen(more).write(List.of(new WriteBatch().put(added, 1L, 3L)), Durability.PROCESS);
        assertThat(numbers(0, null)).hasSize(10);
        reopen(List.of(NUMBERS));
        assertThat(numbers(0, null)).hasSize(10);
        reopen(more);
        assertThat(storage().get(added, 1L)).isEqualTo(3);
        assertThat(storage().get(OTHER_NUMBERS, 1L)).isEqualTo(2);
    }

    /** Two brokers on one folder would destroy it. */
    @Test
    protected void refusesAFolderThatIsInUse() {
        assumeTrue(keepsAfterClose(), "the storage has no folder");
        writeNumbers(1, 1);
        assertInUse(folder);
        writeNumbers(2, 2);
        assertThat(numbers(0, null)).containsExactly(1L, 2L);
    }

    /** As {@link #refusesAFolderThatIsInUse}, from another process. */
    @Test
    protected void refusesAFolderThatAnotherProcessUses() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage has no folder");
        Path store = folder.resolve("used");
        new KillTrial(getClass(), store).killAfter(1, () -> assertInUse(store));
    }

    private void assertInUse(Path store) {
        try (TestPluginContext context = context(store)) {
            assertThatThrownBy(() -> factory().open(context, KEYSPACES))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("another broker uses")
                    .hasMessageContaining(store.toString());
        }
    }

    /** What the last write left in the file may be any part of it. */
    @Test
    protected void opensWithAnyPartOfTheLastGroup() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage forgets");
        Path data = folder.resolve("data");
        for (long n = 1; n <= 20; n++) {
            write(new WriteBatch().put(NUMBERS, n, n).put(OTHER_NUMBERS, n, n));
        }
        Optional<Path> newest = newestFile(data);
        assumeTrue(newest.isPresent(), "the storage names no file that was written last");
        long before = Files.size(newest.orElseThrow());
        write(new WriteBatch().put(NUMBERS, 21L, 21L).put(OTHER_NUMBERS, 21L, 21L));
        long after = Files.size(newest.orElseThrow());
        assertThat(after).isGreaterThan(before);
        for (long length = before; length <= after; length++) {
            Path torn = folder.resolve("torn");
            StoreFiles.copy(data, torn.resolve("data"));
            StoreFiles.cut(torn.resolve("data").resolve(data.relativize(newest.orElseThrow())), length);
            long last = length < after ? 20 : 21;
            checkTorn(torn, last, length + " of " + before + " to " + after);
            checkTorn(torn, last + 1, length + " of " + before + " to " + after + ", opened again");
            StoreFiles.delete(torn);
        }
    }

    /** Finds groups up to that one, and writes one more. */
    private void checkTorn(Path store, long last, String what) throws Exception {
        try (TestPluginContext context = context(store);
                Storage storage = factory().open(context, KEYSPACES)) {
            for (Keyspace<Long, Long> space : List.of(NUMBERS, OTHER_NUMBERS)) {
                assertThat(storage.get(space, last)).as(what).isEqualTo(last);
                assertThat(storage.get(space, last + 1)).as(what).isNull();
            }
            storage.write(
                    List.of(new WriteBatch().put(NUMBERS, last + 1, last + 1).put(OTHER_NUMBERS, last + 1, last + 1)),
                    Durability.PROCESS);
        }
    }

    /** Needs root on Linux, which may mount a small disk. */
    @Test
    protected void keepsWhatItAcknowledgedOnAFullDisk() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage needs no disk");
        Path where = folder.resolve("small");
        Optional<SmallDisk> mounted = SmallDisk.mount(where, SMALL_DISK_MIB);
        assumeTrue(mounted.isPresent(), "only root on Linux can mount a disk to fill");
        try (SmallDisk disk = mounted.orElseThrow()) {
            long acknowledged = fill(where);
            assertThat(acknowledged).isPositive();
            disk.resize(10 * SMALL_DISK_MIB);
            try (TestPluginContext context = context(where);
                    Storage storage = factory().open(context, KEYSPACES)) {
                for (long n = 1; n <= acknowledged; n++) {
                    assertThat(Arrays.equals(storage.get(BODIES, n), block(n)))
                            .as("group %d of %d", n, acknowledged)
                            .isTrue();
                }
                storage.write(List.of(new WriteBatch().put(BODIES, 0L, block(0))), Durability.POWER);
                assertThat(storage.get(BODIES, 0L)).isEqualTo(block(0));
            }
        }
    }

    private long fill(Path where) throws Exception {
        long written = 0;
        try (TestPluginContext context = context(where);
                Storage storage = factory().open(context, KEYSPACES)) {
            while (written < 100L * SMALL_DISK_MIB) {
                try {
                    long next = written + 1;
                    storage.write(List.of(new WriteBatch().put(BODIES, next, block(next))), Durability.POWER);
                    written = next;
                } catch (StorageException e) {
                    assertThat(e).hasMessageContaining(where.toString()).hasMessageContaining("No space left");
                    return written;
                }
            }
        }
        throw new AssertionError("the disk does not get full");
    }

    private static byte[] block(long number) {
        byte[] block = new byte[MIB / 16];
        new Random(number).nextBytes(block);
        return block;
    }

    /** Root may write anywhere, and needs a disk that is mounted read-only; others a folder without permission. */
    @Test
    protected void saysThatItCannotWriteToItsFolder() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage has no folder");
        Path where = folder.resolve("read-only");
        Optional<SmallDisk> mounted = SmallDisk.mount(where, SMALL_DISK_MIB);
        if (mounted.isPresent()) {
            try (SmallDisk disk = mounted.orElseThrow();
                    TestPluginContext context = context(where)) {
                factory().open(context, KEYSPACES).close();
                disk.makeReadOnly();
                assertNotWritable(where);
            }
            return;
        }
        Path data = Files.createDirectories(where.resolve("data"));
        boolean closed = data.toFile().setWritable(false) && !Files.isWritable(data);
        assumeTrue(closed, "there is no way to make a folder read-only here");
        try {
            assertNotWritable(where);
        } finally {
            assertThat(data.toFile().setWritable(true)).isTrue();
        }
    }

    private void assertNotWritable(Path where) {
        try (TestPluginContext context = context(where)) {
            assertThatThrownBy(() -> factory().open(context, KEYSPACES))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(where.toString())
                    .hasMessageMatching("(?is).*(read-only|denied).*");
        }
    }

    @Test
    protected void refusesAnotherFormat() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage has no folder");
        writeNumbers(1, 10);
        closeCurrent();
        assumeTrue(makeForeign(folder.resolve("data")), "the plugin makes no store of another format");
        for (int i = 0; i < 2; i++) { // and changes nothing
            try (TestPluginContext context = context(folder)) {
                assertThatThrownBy(() -> factory().open(context, KEYSPACES))
                        .isInstanceOf(StorageException.class)
                        .hasMessageContaining(folder.toString())
                        .hasMessageContaining("format");
            }
        }
    }

    @Test
    protected void staysSmallWhenOneKeyIsOverwritten() {
        assumeTrue(keepsAfterClose(), "the storage has no files");
        for (long n = 0; n < 1_000_000; n += 100) {
            WriteBatch batch = new WriteBatch();
            for (long m = n; m < n + 100; m++) {
                batch.put(BODIES, 1L, Arrays.copyOf(key((int) m, (int) (m >> 8), (int) (m >> 16)), 100));
            }
            write(batch);
        }
        assertThat(storage().get(BODIES, 1L)).startsWith(999_999 & 0xff, (999_999 >> 8) & 0xff, 999_999 >> 16);
        assertThat(StoreFiles.awaitSize(folder, restingBytes())).isLessThanOrEqualTo(restingBytes());
    }

    @Test
    protected void givesTheSpaceOfADrainedQueueBack() {
        assumeTrue(keepsAfterClose(), "the storage has no files");
        Random random = new Random(seed);
        long messages = 100_000;
        for (long n = 0; n < messages; n += 1_000) {
            WriteBatch batch = new WriteBatch();
            for (long m = n; m < n + 1_000; m++) {
                byte[] body = new byte[600];
                random.nextBytes(body);
                batch.put(BODIES, m, body);
            }
            write(batch);
        }
        for (long n = 0; n < messages; n += 1_000) {
            WriteBatch batch = new WriteBatch();
            for (long m = n; m < n + 1_000; m++) {
                batch.delete(BODIES, m);
            }
            write(batch);
        }
        reopen(KEYSPACES);
        assertThat(keysOf(BODIES, 0L, null)).isEmpty();
        assertThat(StoreFiles.awaitSize(folder, restingBytes())).isLessThanOrEqualTo(restingBytes());
    }

    @Test
    protected void losesNothingWhenKilled() throws Exception {
        assumeTrue(keepsAfterClose(), "the storage forgets");
        closeCurrent();
        Path store = folder.resolve("killed");
        Random random = new Random(seed);
        KillTrial trial = new KillTrial(getClass(), store);
        int kills = Integer.getInteger("ternmq.kills", KILLS);
        long written = 0;
        for (int kill = 1; kill <= kills; kill++) {
            if (kill % KILLS_OF_ONE_STORE == 0) { // it is read from end to end after each, so begin anew
                StoreFiles.delete(store);
                written = 0;
            }
            long told = kill % 3 == 0
                    ? trial.killWithin(random.nextInt(2 * LONGEST_RUN_MILLIS)) // also while it recovers
                    : trial.killAfter(1 + random.nextInt(LONGEST_RUN_MILLIS), () -> {});
            written = Math.max(written, told);
            try (TestPluginContext context = context(store)) {
                Storage storage = factory().open(context, NumberedGroups.KEYSPACES);
                long found = NumberedGroups.check(storage);
                storage.close();
                // One group may be there whose write had not returned, or not been told.
                assertThat(found).as("groups after kill %d", kill).isBetween(written, written + 1);
                written = found;
            }
        }
    }

    private void write(WriteBatch batch) {
        storage().write(List.of(batch), Durability.PROCESS);
    }

    private void writeNumbers(long first, long last) {
        WriteBatch batch = new WriteBatch();
        LongStream.rangeClosed(first, last).forEach(n -> batch.put(NUMBERS, n, n));
        write(batch);
    }

    private List<Long> numbers(long from, @Nullable Long to) {
        return keysOf(NUMBERS, from, to);
    }

    private <K> List<K> keysOf(Keyspace<K, ?> space, K from, @Nullable K to) {
        List<K> keys = new ArrayList<>();
        try (Cursor<K, ?> cursor = storage().scan(space, from, to)) {
            while (cursor.next()) {
                keys.add(cursor.key());
            }
        }
        return keys;
    }

    private static byte[] key(int... bytes) {
        byte[] key = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            key[i] = (byte) bytes[i];
        }
        return key;
    }
}
