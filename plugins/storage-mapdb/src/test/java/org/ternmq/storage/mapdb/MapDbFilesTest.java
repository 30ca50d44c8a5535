package org.ternmq.storage.mapdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Codec;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;
import org.ternmq.testkit.TestPluginContext;

/** What the storage does with its folder. */
final class MapDbFilesTest {
    private static final Keyspace<byte[], byte[]> QUEUE =
            new Keyspace<>("queue", Arrays::compareUnsigned, new Raw(), new Raw());
    private static final Map<String, ?> SMALL = Map.of("memory", "1MiB");

    @TempDir
    Path folder = Path.of("");

    private @Nullable TestPluginContext context;
    private @Nullable Storage opened;

    private record Raw() implements Codec<byte[]> {
        @Override
        public byte[] encode(byte[] value) {
            return value;
        }

        @Override
        public byte[] decode(byte[] bytes) {
            return bytes;
        }
    }

    @AfterEach
    void close() {
        if (opened != null) {
            opened.close();
            opened = null;
        }
        if (context != null) {
            context.close();
            context = null;
        }
    }

    private Storage open(Path where, Map<String, ?> settings) {
        close();
        context = new TestPluginContext("mapdb", where, settings);
        opened = new MapDbStorageFactory().open(context, List.of(QUEUE));
        return opened;
    }

    private Path data() {
        return folder.resolve("data");
    }

    /** A copy of the files of a running store is what a kill leaves behind. */
    private Path crash() throws IOException {
        Path copy = folder.resolve("crashed");
        Files.createDirectories(copy.resolve("data"));
        try (Stream<Path> files = Files.list(data())) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve("data").resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static byte[] key(long n) {
        return ByteBuffer.allocate(Long.BYTES).putLong(n).array();
    }

    private static void write(Storage storage, WriteBatch batch) {
        storage.write(List.of(batch), Durability.PROCESS);
    }

    private static void writeHundred(Storage storage) {
        for (long n = 1; n <= 100; n++) {
            write(storage, new WriteBatch().put(QUEUE, key(n), new byte[1_000]));
        }
    }

    /** Enough for some tables. */
    private static void writeTables(Storage storage) {
        Random random = new Random(1);
        for (long n = 1; n <= 3_000; n++) {
            byte[] value = new byte[1 + random.nextInt(3_000)];
            random.nextBytes(value);
            write(storage, new WriteBatch().put(QUEUE, key(n), value));
        }
    }

    private static long count(Storage storage) {
        long count = 0;
        try (Cursor<byte[], byte[]> cursor = storage.scan(QUEUE, new byte[0], null)) {
            while (cursor.next()) {
                count++;
                assertThat(cursor.key()).isEqualTo(key(count));
            }
        }
        return count;
    }

    private static Path log(Path store) throws IOException {
        return new Folder(store.resolve("data")).logs().lastEntry().getValue();
    }

    private static void damage(Path file, long at) throws IOException {
        try (RandomAccessFile changed = new RandomAccessFile(file.toFile(), "rw")) {
            changed.seek(at);
            int before = changed.read();
            changed.seek(at);
            changed.write(before ^ 0x55);
        }
    }

    private void assertRefused(Path store, String... words) {
        for (int i = 0; i < 2; i++) { // and changes nothing
            assertThatThrownBy(() -> open(store, SMALL))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(store.toString())
                    .hasMessageContainingAll(words);
        }
    }

    @Test
    void opensALogWithAnEmptyTail() throws Exception {
        writeHundred(open(folder, Map.of()));
        Path crashed = crash();
        try (RandomAccessFile log = new RandomAccessFile(log(crashed).toFile(), "rw")) {
            log.setLength(log.length() + 100_000); // zeros, as some file systems leave them after a power cut
        }
        assertThat(count(open(crashed, Map.of()))).isEqualTo(100);
    }

    @Test
    void refusesALogThatIsDamagedBeforeItsEndUnlessToldToCutIt() throws Exception {
        writeHundred(open(folder, Map.of()));
        Path crashed = crash();
        damage(log(crashed), Files.size(log(crashed)) / 2);
        assertRefused(crashed, "is damaged at byte", "damaged-log: cut");
        Storage cut = open(crashed, Map.of("damaged-log", "cut"));
        long kept = count(cut); // the groups before the damage, none behind it
        assertThat(kept).isBetween(30L, 60L);
        write(cut, new WriteBatch().put(QUEUE, key(kept + 1), new byte[0]));
        assertThat(count(open(crashed, Map.of()))).isEqualTo(kept + 1);
    }

    /** A client chooses what is in its messages. */
    @Test
    void takesNoFrameInAMessageForAGroup() throws Exception {
        Storage storage = open(folder, Map.of());
        writeHundred(storage);
        byte[] log = Files.readAllBytes(log(folder));
        write(storage, new WriteBatch().put(QUEUE, key(101), log));
        Path other = crash();
        try (RandomAccessFile torn = new RandomAccessFile(log(other).toFile(), "rw")) {
            torn.setLength(torn.length() - 1);
        }
        // The same log in the message has the same salt, but no group of it comes after those that were read.
        assertThat(count(open(other, Map.of()))).isEqualTo(100);
    }

    @Test
    void refusesADamagedTable() throws Exception {
        Storage storage = open(folder, SMALL);
        writeTables(storage);
        close();
        Path table = new Folder(data()).tables().lastEntry().getValue();
        damage(table, Files.size(table) / 2);
        assertRefused(folder, table + " is damaged");
        damage(table, Files.size(table) / 2);
        assertThat(count(open(folder, SMALL))).isEqualTo(3_000);
    }

    @Test
    void refusesAStoreThatLacksAFile() throws Exception {
        writeTables(open(folder, SMALL));
        close();
        Folder files = new Folder(data());
        for (Path file : List.of(
                files.generations().lastEntry().getValue(),
                files.logs().firstEntry().getValue(),
                files.tables().firstEntry().getValue())) {
            Path away = folder.resolve("away");
            Files.move(file, away);
            assertRefused(folder, "restore the folder from a backup".substring(8));
            Files.move(away, file);
        }
        assertThat(count(open(folder, SMALL))).isEqualTo(3_000);
    }

    @Test
    void goesBackToTheOlderGenerationWhileItIsThere() throws Exception {
        Storage storage = open(folder, SMALL);
        writeTables(storage);
        close();
        Folder files = new Folder(data());
        long next = files.logs().lastKey() + 1;
        Files.writeString(files.generation(next), "TernMQ storage mapdb, format 1\ntable 7 le"); // torn
        Files.writeString(data().resolve("table." + next + ".db"), "half a table");
        assertThat(count(open(folder, SMALL))).isEqualTo(3_000);
        assertThat(files.generation(next)).doesNotExist();
        assertThat(files.tables()).doesNotContainKey(next);
    }

    @Test
    void refusesALogOfAnotherFormat() throws Exception {
        writeHundred(open(folder, SMALL));
        close();
        try (RandomAccessFile log = new RandomAccessFile(log(folder).toFile(), "rw")) {
            log.seek(8);
            log.writeInt(2);
        }
        assertRefused(folder, "is of format 2");
    }

    @Test
    void beginsAnewWhereOnlyAnEmptyLogIsLeft() throws Exception {
        open(folder, SMALL);
        close();
        Files.delete(new Folder(data()).generation(0)); // killed while it made the store
        writeHundred(open(folder, SMALL));
        assertThat(count(open(folder, SMALL))).isEqualTo(100);
    }

    /** An interrupt closes the file that a thread reads, for all of them. */
    @Test
    void readsOnWhenAThreadIsInterrupted() {
        Storage storage = open(folder, SMALL);
        writeTables(storage);
        try (Cursor<byte[], byte[]> cursor = storage.scan(QUEUE, key(1), null)) {
            for (long n = 1; n <= 3_000; n++) {
                if (n % 100 == 0) {
                    Thread.currentThread().interrupt();
                }
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.key()).isEqualTo(key(n));
                assertThat(cursor.value()).isNotEmpty();
                if (n % 100 == 0) {
                    assertThat(Thread.interrupted()).isTrue();
                }
            }
            assertThat(cursor.next()).isFalse();
        }
        Thread.currentThread().interrupt();
        write(storage, new WriteBatch().put(QUEUE, key(3_001), new byte[1]));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(storage.get(QUEUE, key(3_001))).hasSize(1);
    }

    /** A cursor that is open while its tables are replaced reads them to the end, and then they go. */
    @Test
    void keepsTablesAsLongAsACursorReadsThem() throws Exception {
        Storage storage = open(folder, SMALL);
        writeTables(storage);
        try (Cursor<byte[], byte[]> cursor = storage.scan(QUEUE, key(1), null)) {
            assertThat(cursor.next()).isTrue();
            for (int round = 0; round < 3; round++) {
                writeTables(storage);
            }
            long count = 1;
            while (cursor.next()) {
                count++;
                assertThat(cursor.key()).isEqualTo(key(count));
                assertThat(cursor.value()).isNotEmpty();
            }
            assertThat(count).isEqualTo(3_000);
        }
        assertThat(count(open(folder, SMALL))).isEqualTo(3_000);
        Generation newest = Generation.read(
                new Folder(data()).generations().lastKey(),
                new Folder(data()).generations().lastEntry().getValue());
        assertThat(new Folder(data()).tables().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        newest.tables().stream().map(TableInfo::number).toList());
    }

    @Test
    void closesForgottenCursors() {
        Storage storage = open(folder, SMALL);
        writeTables(storage);
        Cursor<byte[], byte[]> forgotten = storage.scan(QUEUE, key(1), null);
        assertThat(forgotten.next()).isTrue();
        storage.close();
        assertThatThrownBy(forgotten::next).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(forgotten::key).isInstanceOf(IllegalStateException.class);
        forgotten.close();
        assertThatThrownBy(() -> storage.get(QUEUE, key(1))).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> write(storage, new WriteBatch().delete(QUEUE, key(1))))
                .isInstanceOf(StorageException.class);
    }

    @Test
    void refusesTooLittleMemory() {
        assertThatThrownBy(() -> open(folder, Map.of("memory", "1KiB")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("1MiB");
    }
}
