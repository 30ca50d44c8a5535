package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ternmq.testkit.TestKeyspaces.BODIES;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** Files: a full disk, a folder that cannot be written, another format, and growth. */
abstract class StorageFilesConformance extends StorageRestartConformance {
    private static final Logger LOG = LoggerFactory.getLogger(StorageFilesConformance.class);
    private static final int SMALL_DISK_MIB = 64;
    private static final int OVERWRITES = 100_000;
    private static final int LOOK_EVERY = 10_000;

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

    /**
     * Overwrites one key again and again, each time in a group of its own: {@value #OVERWRITES} times, or as often as the system property
     * {@code ternmq.overwrites} says.
     */
    @Test
    protected void staysSmallWhenOneKeyIsOverwritten() {
        assumeTrue(keepsAfterClose(), "the storage has no files");
        int overwrites = Integer.getInteger("ternmq.overwrites", OVERWRITES);
        long begun = System.nanoTime();
        long largest = 0;
        for (int n = 1; n <= overwrites; n++) {
            byte[] value = new byte[100];
            ByteBuffer.wrap(value).putInt(n);
            write(new WriteBatch().put(BODIES, 1L, value));
            if (n % LOOK_EVERY == 0) {
                largest = Math.max(largest, StoreFiles.size(folder));
            }
        }
        byte[] last = storage().get(BODIES, 1L);
        assertThat(last)
                .startsWith(
                        ByteBuffer.allocate(Integer.BYTES).putInt(overwrites).array());
        long resting = StoreFiles.awaitSize(folder, restingBytes());
        LOG.info(
                "{}: one key overwritten {} times in {} ms, at most {} KiB on disk meanwhile, {} KiB at the end",
                factory().type(),
                overwrites,
                (System.nanoTime() - begun) / 1_000_000,
                largest / 1024,
                resting / 1024);
        assertThat(resting).isLessThanOrEqualTo(restingBytes());
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
        long full = StoreFiles.size(folder);
        reopen(KEYSPACES);
        assertThat(keysOf(BODIES, 0L, null)).isEmpty();
        long resting = StoreFiles.awaitSize(folder, restingBytes());
        LOG.info(
                "{}: {} records of 600 bytes queued and drained, {} KiB on disk then, {} KiB at the end",
                factory().type(),
                messages,
                full / 1024,
                resting / 1024);
        assertThat(resting).isLessThanOrEqualTo(restingBytes());
    }
}
