package org.ternmq.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.ternmq.spi.Codec;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;
import org.ternmq.testkit.TestPluginContext;

/** What RocksDB does with its folder. */
final class RocksDbFilesTest {
    private static final Keyspace<byte[], byte[]> QUEUE =
            new Keyspace<>("queue", Arrays::compareUnsigned, new Raw(), new Raw());

    @TempDir
    Path folder;

    private TestPluginContext context = new TestPluginContext(Path.of("target"));
    private Storage storage = new Closed();

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

    /** Stands for a storage where none is open. */
    private static final class Closed implements Storage {
        @Override
        public void write(List<WriteBatch> group, Durability durability) {
            throw new IllegalStateException("closed");
        }

        @Override
        public <K, V> V get(Keyspace<K, V> space, K key) {
            throw new IllegalStateException("closed");
        }

        @Override
        public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, K to) {
            throw new IllegalStateException("closed");
        }

        @Override
        public void close() {}
    }

    @AfterEach
    void close() {
        storage.close();
        context.close();
    }

    private void open(Path where, Map<String, ?> settings) {
        close();
        storage = new Closed();
        context = new TestPluginContext("rocksdb", where, settings);
        storage = new RocksDbStorageFactory().open(context, List.of(QUEUE));
    }

    /** A copy of the files of a running store is what a kill leaves behind. */
    private Path crash() throws IOException {
        Path copy = folder.resolve("crashed");
        Files.createDirectories(copy.resolve("data"));
        try (Stream<Path> files = Files.list(context.dataDirectory())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve("data").resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static Path log(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("data"))) {
            return files.filter(f -> f.toString().endsWith(".log"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    private static byte[] key(long n) {
        return ByteBuffer.allocate(Long.BYTES).putLong(n).array();
    }

    private void write(WriteBatch batch) {
        storage.write(List.of(batch), Durability.PROCESS);
    }

    private void writeHundred() {
        for (long n = 1; n <= 100; n++) {
            write(new WriteBatch().put(QUEUE, key(n), new byte[1_000]));
        }
    }

    private long count() {
        long count = 0;
        try (Cursor<byte[], byte[]> cursor = storage.scan(QUEUE, new byte[0], null)) {
            while (cursor.next()) {
                count++;
                assertThat(cursor.key()).isEqualTo(key(count));
            }
        }
        return count;
    }

    private static long size(Path store, String suffix) throws IOException {
        long size = 0;
        try (Stream<Path> files = Files.list(store)) {
            for (Path file : files.filter(f -> f.toString().endsWith(suffix)).toList()) {
                size += file.toFile().length(); // 0 if it has just been removed
            }
        }
        return size;
    }

    @Test
    void opensALogThatIsTornInItsLastRecord() throws Exception {
        open(folder, Map.of());
        writeHundred();
        Path crashed = crash();
        try (RandomAccessFile log = new RandomAccessFile(log(crashed).toFile(), "rw")) {
            log.setLength(log.length() - 500);
        }
        open(crashed, Map.of());
        assertThat(count()).isEqualTo(99);
    }

    @Test
    void opensALogWithAnEmptyTail() throws Exception {
        open(folder, Map.of());
        writeHundred();
        Path crashed = crash();
        try (RandomAccessFile log = new RandomAccessFile(log(crashed).toFile(), "rw")) {
            log.setLength(log.length() + 100_000); // zeros, as some file systems leave them after a power cut
        }
        open(crashed, Map.of());
        assertThat(count()).isEqualTo(100);
    }

    @Test
    void refusesALogThatIsDamagedBeforeItsEndAndChangesNothing() throws Exception {
        open(folder, Map.of());
        writeHundred();
        Path crashed = crash();
        damageTheMiddle(log(crashed));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> open(crashed, Map.of()))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("is damaged")
                    .hasMessageContaining("damaged-log: cut")
                    .hasMessageContaining(crashed.toString());
        }
        open(crashed, Map.of("damaged-log", "cut"));
        long kept = count(); // the groups before the damage, none behind it
        assertThat(kept).isBetween(30L, 60L);
        write(new WriteBatch().put(QUEUE, key(kept + 1), new byte[0]));
        open(crashed, Map.of());
        assertThat(count()).isEqualTo(kept + 1);
    }

    private static void damageTheMiddle(Path log) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write(new byte[] {1, 2, 3, 4, 5});
        }
    }

    @Test
    void refusesAStoreWithoutItsCurrentFile() throws Exception {
        open(folder, Map.of());
        writeHundred();
        Path crashed = crash();
        Files.delete(crashed.resolve("data").resolve("CURRENT"));
        assertThatThrownBy(() -> open(crashed, Map.of()))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("CURRENT");
        assertThat(log(crashed)).isNotEmptyFile();
    }

    /** RocksDB itself would open it, add column families to it and go on. */
    @Test
    void refusesTheDatabaseOfAnotherProgramAndChangesNothing() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data"));
        NativeLibrary.load(folder.resolve("native"));
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB other = RocksDB.open(options, data.toString())) {
            other.put(key(1), key(2));
        }
        assertThatThrownBy(() -> open(folder, Map.of()))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(data.toString())
                .hasMessageContaining("not TernMQ's")
                .hasMessageContaining("FORMAT");
        try (Options list = new Options()) {
            assertThat(RocksDB.listColumnFamilies(list, data.toString())).hasSize(1);
        }
    }

    @Test
    void tellsWhatItsMemoryIsSpentOn() throws Exception {
        open(folder, Map.of("memory", "8MiB"));
        for (long n = 0; n < 20_000; n++) {
            write(new WriteBatch().put(QUEUE, key(n), new byte[1_000]));
        }
        Map<String, Long> figures = storage.statistics();
        assertThat(figures)
                .containsKeys(
                        "tables-bytes",
                        "compaction-pending-bytes",
                        "write-buffers-bytes",
                        "cache-bytes",
                        "table-readers-bytes");
        assertThat(figures.get("tables-bytes")).isPositive();
        assertThat(figures.get("write-buffers-bytes")).isBetween(1L, 8L << 20);
        assertThat(figures.get("cache-bytes"))
                .as("write buffers are charged to it")
                .isBetween(1L, 16L << 20);
    }

    /** The end of a clean session removes the range of its queue, which mostly has nothing in it. */
    @Test
    void writesNothingForEmptyRanges() throws Exception {
        open(folder, Map.of());
        writeHundred();
        long before = size(context.dataDirectory(), ".log");
        for (long n = 1_000; n < 11_000; n++) {
            write(new WriteBatch().deleteRange(QUEUE, key(n), key(n + 1)));
        }
        assertThat(size(context.dataDirectory(), ".log")).isEqualTo(before);
        write(new WriteBatch().put(QUEUE, key(500), new byte[0]).deleteRange(QUEUE, key(499), key(501)));
        assertThat(count()).isEqualTo(100);
    }

    @Test
    void givesTheSpaceOfADrainedQueueBack() throws Exception {
        open(folder, Map.of("memory", "8MiB"));
        Random random = new Random(1);
        int messages = 700; // so few, in two tables, that RocksDB would leave them alone by itself
        for (long n = 0; n < messages; n += 100) {
            WriteBatch batch = new WriteBatch();
            for (long m = n; m < n + 100; m++) {
                byte[] value = new byte[1_000];
                random.nextBytes(value);
                batch.put(QUEUE, key(m), value);
            }
            write(batch);
        }
        open(folder, Map.of("memory", "8MiB")); // puts all of it into tables
        long full = size(context.dataDirectory(), ".sst");
        assertThat(full).isGreaterThan(500_000);
        for (long n = 0; n < messages; n += 100) {
            WriteBatch batch = new WriteBatch();
            for (long m = n; m < n + 100; m++) {
                batch.delete(QUEUE, key(m));
            }
            write(batch);
        }
        // Until they are written out, the deletions wait in memory; one table of them must do.
        open(folder, Map.of("memory", "8MiB"));
        Path data = context.dataDirectory();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (size(data, ".sst") > full / 10 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(size(data, ".sst")).as("of %d bytes", full).isLessThanOrEqualTo(full / 10);
    }

    /** What is only overwritten does not grow, in tables or logs. */
    @Test
    void staysSmallWhenOneKeyIsOverwritten() throws Exception {
        open(folder, Map.of("memory", "8MiB"));
        for (int n = 0; n < 200_000; n++) {
            write(new WriteBatch().put(QUEUE, key(1), new byte[1_000]));
        }
        assertThat(size(context.dataDirectory(), "")).isLessThan(64L << 20);
    }

    @Test
    void startsWithAnEmptyLogAfterItWasClosed() throws Exception {
        open(folder, Map.of());
        writeHundred();
        storage.close();
        assertThat(size(context.dataDirectory(), ".log")).isZero();
    }

    @Test
    void closesForgottenCursors() {
        open(folder, Map.of());
        writeHundred();
        Cursor<byte[], byte[]> forgotten = storage.scan(QUEUE, key(1), null);
        assertThat(forgotten.next()).isTrue();
        storage.close();
        assertThatThrownBy(forgotten::next).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(forgotten::key).isInstanceOf(IllegalStateException.class);
        forgotten.close();
        assertThatThrownBy(() -> storage.get(QUEUE, key(1))).isInstanceOf(StorageException.class);
    }

    @Test
    void refusesTooLittleMemory() {
        assertThatThrownBy(() -> open(folder, Map.of("memory", "1MiB")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("8MiB");
    }

    @Test
    void saysWhatToDoWhereTheLibraryDoesNotLoad() {
        for (Throwable reason :
                List.of(new UnsatisfiedLinkError("cannot map"), new RuntimeException("not found inside JAR"))) {
            assertThatThrownBy(() -> NativeLibrary.load(() -> {
                        if (reason instanceof Error e) {
                            throw e;
                        }
                        throw (RuntimeException) reason;
                    }))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(System.getProperty("os.arch"))
                    .hasMessageContaining(String.valueOf(reason.getMessage()))
                    .hasMessageContaining("storage.type: mapdb")
                    .hasCause(reason);
        }
    }
}
