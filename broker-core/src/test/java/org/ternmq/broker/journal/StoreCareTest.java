package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

final class StoreCareTest {
    @TempDir
    Path folder = Path.of("");

    private final Metrics metrics = new Metrics();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private boolean fails;
    private boolean waits;
    private final Copied storage = new Copied();
    private final StoreCare care = new StoreCare(storage, "test", "storage-test", metrics);

    private final class Copied implements BackupStorage {
        private final CountDownLatch begun = new CountDownLatch(1);
        private volatile boolean closed;

        @Override
        public void backup(Path directory) {
            begun.countDown();
            try {
                Files.createDirectory(directory);
                Files.writeString(directory.resolve("file"), "x");
                if (waits && !goOn.await(60, TimeUnit.SECONDS)) {
                    throw new StorageException("nobody says that it may go on");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new StorageException("interrupted", e);
            }
            if (fails) {
                throw new StorageException("the disk is on fire");
            }
        }

        @Override
        public Map<String, Long> statistics() {
            if (fails) {
                throw new StorageException("no");
            }
            return Map.of("disk-bytes", 1L);
        }

        @Override
        public void write(List<WriteBatch> group, Durability durability) {}

        @Override
        public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
            return null;
        }

        @Override
        public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
            throw new StorageException("there is nothing");
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void makesAFolderLikeTheDataFolder() throws Exception {
        Path target = folder.resolve("copy");
        Files.createDirectories(folder.resolve("copy.unfinished").resolve("left over"));
        care.backup(target);
        assertThat(target.resolve("storage-test").resolve("file")).hasContent("x");
        assertThat(folder.resolve("copy.unfinished")).doesNotExist();
        if (target.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void overwritesNothingAndLeavesNothingHalf() throws Exception {
        Path target = Files.createDirectory(folder.resolve("copy"));
        assertThatThrownBy(() -> care.backup(target))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("is there already");
        assertThatThrownBy(() -> care.backup(folder.resolve("no").resolve("copy")))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("is not there");
        fails = true;
        Path other = folder.resolve("other");
        assertThatThrownBy(() -> care.backup(other))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining(other.toString())
                .hasMessageContaining("on fire");
        assertThat(folder).isDirectoryNotContaining(path -> path.toString().contains("other"));
    }

    @Test
    void saysWhichStorageCannot() {
        try (StoreCare bytes = new StoreCare(new BytesStorage(), "memory", "x", metrics)) {
            assertThatThrownBy(() -> bytes.backup(folder.resolve("copy")))
                    .isInstanceOf(DumpException.class)
                    .hasMessageContaining("'memory' cannot copy itself");
        }
    }

    @Test
    void makesOneCopyAtATimeAndIsClosedBehindIt() throws Exception {
        waits = true;
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> {
            try {
                care.backup(folder.resolve("first"));
            } catch (DumpException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(storage.begun.await(60, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> care.backup(folder.resolve("second")))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("another backup");
        care.close();
        assertThat(storage.closed).as("it would read what is freed").isFalse();
        goOn.countDown();
        first.get(60, TimeUnit.SECONDS);
        care.close();
        assertThat(storage.closed).isTrue();
        assertThatThrownBy(() -> care.backup(folder.resolve("third")))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("stopping");
        assertThat(care.statistics()).isEmpty();
    }

    @Test
    void tellsFiguresAndBearsAStorageThatDoesNot() {
        assertThat(care.statistics()).containsEntry("disk-bytes", 1L);
        fails = true;
        assertThat(care.statistics()).isEmpty();
        assertThat(metrics.pluginFailures()).isEqualTo(1);
    }
}
