package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.WriteBatch;

/**
 * One thread sets all keys to 1, then all to 2, and so on, a group each; others read meanwhile. What a reader sees never goes
 * back: having met one key of a group, it meets all others of it too, and of each group whose write had returned.
 */
final class ReadersAndWriter {
    private static final int KEYS = 16;
    private static final int GROUPS = 3_000;
    private static final int READERS = 2;

    private final Storage storage;
    private final long seed;
    private volatile long returned;

    ReadersAndWriter(Storage storage, long seed) {
        this.storage = storage;
        this.seed = seed;
    }

    void run() throws Exception {
        write(1);
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        try {
            List<Future<Void>> running = new ArrayList<>();
            for (int reader = 0; reader < READERS; reader++) {
                Random random = new Random(seed + reader);
                running.add(readers.submit(() -> {
                    read(random);
                    return null;
                }));
            }
            for (long group = 2; group <= GROUPS; group++) {
                write(group);
            }
            for (Future<Void> one : running) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            readers.shutdownNow();
            readers.awaitTermination(60, TimeUnit.SECONDS);
        }
    }

    private void write(long group) {
        WriteBatch first = new WriteBatch();
        WriteBatch second = new WriteBatch();
        for (long key = 0; key < KEYS; key++) {
            first.put(NUMBERS, key, group);
            second.put(OTHER_NUMBERS, key, group);
        }
        storage.write(List.of(first, second), Durability.PROCESS);
        returned = group;
    }

    private void read(Random random) {
        long atLeast = 1;
        while (atLeast < GROUPS && !Thread.currentThread().isInterrupted()) {
            Keyspace<Long, Long> space = random.nextBoolean() ? NUMBERS : OTHER_NUMBERS;
            atLeast = Math.max(atLeast, returned);
            Long value = storage.get(space, (long) random.nextInt(KEYS));
            assertThat(value).as("value in %s", space).isGreaterThanOrEqualTo(atLeast);
            if (value != null) {
                atLeast = value;
            }
            if (random.nextInt(4) == 0) {
                atLeast = scan(random.nextBoolean() ? NUMBERS : OTHER_NUMBERS, atLeast);
            }
        }
    }

    /** A cursor may see writes that began after it was made, so that what it sees need not be one group. */
    private long scan(Keyspace<Long, Long> space, long atLeast) {
        long keys = 0;
        long newest = atLeast;
        try (Cursor<Long, Long> cursor = storage.scan(space, 0L, null)) {
            while (cursor.next()) {
                assertThat(cursor.key()).isEqualTo(keys++);
                assertThat(cursor.value())
                        .as("key %d in %s", cursor.key(), space)
                        .isGreaterThanOrEqualTo(atLeast);
                newest = Math.max(newest, cursor.value());
            }
        }
        assertThat(keys).isEqualTo(KEYS);
        return newest;
    }
}
