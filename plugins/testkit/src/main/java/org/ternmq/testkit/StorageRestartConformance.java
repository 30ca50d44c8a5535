package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ternmq.testkit.TestKeyspaces.BODIES;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** What is there when the store is opened again: after an orderly end, after {@code kill -9}, with a torn tail. */
abstract class StorageRestartConformance extends StorageGroupsConformance {
    private static final int KILLS = 5;
    private static final int KILLS_OF_ONE_STORE = 20;
    private static final int LONGEST_RUN_MILLIS = 500;

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
}
