package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ternmq.testkit.TestKeyspaces.BODIES;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** Copies of a store that is in use, and figures for operators. */
abstract class StorageBackupConformance extends StorageFilesConformance {
    private static final int BACKUPS = 5;
    private static final long WITHIN_SECONDS = 60;

    /** Every copy opens, has each group that was acknowledged before it was begun, and none in part. */
    @Test
    protected void copiesItselfWhileItIsWritten() throws Exception {
        closeCurrent();
        Path source = folder.resolve("source");
        try (TestPluginContext context = context(source);
                Storage storage = factory().open(context, NumberedGroups.KEYSPACES)) {
            assumeTrue(storage instanceof BackupStorage, "the storage does not copy itself");
            BackupStorage copied = (BackupStorage) storage;
            AtomicLong acknowledged = new AtomicLong();
            AtomicBoolean enough = new AtomicBoolean();
            FutureTask<Void> writing = new FutureTask<>(() -> {
                while (!enough.get()) {
                    NumberedGroups.write(storage, acknowledged.get() + 1);
                    acknowledged.incrementAndGet();
                }
                return null;
            });
            new Thread(writing, "writer").start();
            try {
                for (int n = 1; n <= BACKUPS; n++) {
                    long more = acknowledged.get() + 200L * n;
                    while (acknowledged.get() < more && !writing.isDone()) {
                        Thread.onSpinWait();
                    }
                    Path copy = Files.createDirectories(folder.resolve("copy-" + n));
                    long before = acknowledged.get();
                    copied.backup(copy.resolve("data"));
                    checkCopy(copy, before, acknowledged.get() + 1);
                }
            } finally {
                enough.set(true);
            }
            writing.get(WITHIN_SECONDS, TimeUnit.SECONDS);
            assertThat(NumberedGroups.check(storage)).as("the source").isEqualTo(acknowledged.get());
            for (int n = 1; n <= BACKUPS; n++) { // the source went on, and the copies have files in common with it
                checkCopy(folder.resolve("copy-" + n), 1, acknowledged.get() + 1);
            }
        }
    }

    private void checkCopy(Path copy, long atLeast, long atMost) throws Exception {
        try (TestPluginContext context = context(copy);
                Storage storage = factory().open(context, NumberedGroups.KEYSPACES)) {
            long found = NumberedGroups.check(storage);
            assertThat(found).as("groups in the copy").isBetween(atLeast, atMost);
            NumberedGroups.write(storage, found + 1); // it is a store like any other
            assertThat(NumberedGroups.check(storage)).isEqualTo(found + 1);
        }
    }

    @Test
    protected void copiesItselfWithLargeContents() throws Exception {
        assumeTrue(storage() instanceof BackupStorage, "the storage does not copy itself");
        Random random = new Random(seed);
        for (long n = 0; n < 40; n++) {
            byte[] value = new byte[MIB / 2];
            random.nextBytes(value);
            write(new WriteBatch().put(BODIES, n, value).put(NUMBERS, n, n));
        }
        write(new WriteBatch().deleteRange(BODIES, 10L, 20L));
        Path copy = Files.createDirectories(folder.resolve("copy"));
        ((BackupStorage) storage()).backup(copy.resolve("data"));
        write(new WriteBatch().put(NUMBERS, 100L, 100L));
        try (TestPluginContext context = context(copy);
                Storage opened = factory().open(context, KEYSPACES)) {
            for (long n = 0; n < 40; n++) {
                assertThat(Arrays.equals(opened.get(BODIES, n), storage().get(BODIES, n)))
                        .as("value %d", n)
                        .isTrue();
                assertThat(opened.get(NUMBERS, n)).isEqualTo(n);
            }
            assertThat(opened.get(NUMBERS, 100L)).isNull();
        }
    }

    @Test
    protected void saysThatACopyCannotBeMade() {
        assumeTrue(storage() instanceof BackupStorage, "the storage does not copy itself");
        Path nowhere = folder.resolve("no").resolve("such").resolve("folder");
        assertThatThrownBy(() -> ((BackupStorage) storage()).backup(nowhere))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(nowhere.toString());
        writeNumbers(1, 1); // and goes on
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(1);
    }

    @Test
    protected void tellsItsFiguresWhileItIsWritten() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        Storage storage = storage();
        FutureTask<Void> asking = new FutureTask<>(() -> {
            while (!enough.get()) {
                storage.statistics();
            }
            return null;
        });
        new Thread(asking, "figures").start();
        for (long n = 0; n < 500; n++) {
            write(new WriteBatch().put(BODIES, n, new byte[10_000]));
        }
        enough.set(true);
        asking.get(WITHIN_SECONDS, TimeUnit.SECONDS);
        assertThat(storage.statistics()).allSatisfy((name, value) -> {
            assertThat(name).matches("[a-z0-9]+(-[a-z0-9]+)*");
            assertThat(value).as(name).isNotNegative();
        });
    }
}
