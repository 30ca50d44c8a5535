package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.WriteBatch;

/** Changes: their order within a group, ranges, and what is seen of a group that is being written. */
abstract class StorageGroupsConformance extends StorageRecordsConformance {
    private static final int MODEL_GROUPS = 300;

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
}
