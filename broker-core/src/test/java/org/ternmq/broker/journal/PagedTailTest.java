package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.PagedTail.Entries;
import org.ternmq.broker.protocol.ApplicationMessage;

/** The list of bytes against a list of objects. */
final class PagedTailTest {
    private record Entry(long sequence, int footprint, long expiresAt, boolean shared) {}

    private static long bytes(Iterable<Entry> entries) {
        long sum = 0;
        for (Entry entry : entries) {
            sum += entry.footprint();
        }
        return sum;
    }

    private static void check(PagedTail tail, ArrayDeque<Entry> model) {
        assertThat(tail.size()).isEqualTo(model.size());
        assertThat(tail.isEmpty()).isEqualTo(model.isEmpty());
        assertThat(tail.bytes()).isEqualTo(bytes(model));
        long earliest = model.stream().mapToLong(Entry::expiresAt).min().orElse(ApplicationMessage.NEVER);
        assertThat(tail.earliestExpiry()).isLessThanOrEqualTo(earliest);
        long highest = model.stream().mapToLong(Entry::sequence).max().orElse(0);
        assertThat(tail.highest()).isGreaterThanOrEqualTo(highest);
    }

    private static void checkTaken(Entries taken, List<Entry> expected) {
        assertThat(taken.sequences())
                .containsExactly(expected.stream().mapToLong(Entry::sequence).toArray());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(taken.footprint(i)).isEqualTo(expected.get(i).footprint());
        }
        assertThat(taken.bytes()).isEqualTo(bytes(expected));
        if (expected.stream().anyMatch(Entry::shared)) {
            assertThat(taken.shared()).isTrue();
        }
    }

    private final class Run {
        private final Random random;
        private final PagedTail tail = new PagedTail();
        private final ArrayDeque<Entry> model = new ArrayDeque<>();
        private long sequence = 1;

        Run(long seed) {
            random = new Random(seed);
        }

        private void step() {
            switch (random.nextInt(10)) {
                case 0, 1 -> add(1 + random.nextInt(3000));
                case 2, 3, 4 -> add(random.nextInt(20));
                case 5, 6 -> poll(1 + random.nextInt(600));
                case 7 -> removeExpired();
                case 8 -> takeUnsharedAndBack();
                default -> takeAll();
            }
            check(tail, model);
        }

        private Entry some() {
            sequence += random.nextInt(8) == 0 ? random.nextInt(1_000_000) : 1;
            long number = Math.max(1, sequence - random.nextInt(50)); // not in order: of several publishers
            int footprint = random.nextInt(10) == 0 ? random.nextInt(268_435_460) : 100 + random.nextInt(300);
            long expiresAt = random.nextInt(3) == 0 ? random.nextInt(10_000) : ApplicationMessage.NEVER;
            return new Entry(number, footprint, expiresAt, random.nextInt(2000) == 0);
        }

        private void add(int count) {
            for (int i = 0; i < count; i++) {
                Entry entry = some();
                tail.add(entry.sequence(), entry.footprint(), entry.expiresAt(), entry.shared());
                model.add(entry);
            }
        }

        private void poll(int count) {
            long maxBytes = random.nextBoolean() ? Long.MAX_VALUE : 1 + random.nextInt(100_000);
            Entries taken = tail.poll(count, maxBytes);
            List<Entry> expected = new ArrayList<>();
            long sum = 0;
            while (!model.isEmpty() && expected.size() < count && sum < maxBytes) {
                Entry first = model.remove();
                expected.add(first);
                sum += first.footprint();
            }
            checkTaken(taken, expected);
        }

        private void removeExpired() {
            long now = random.nextInt(10_000);
            List<Entry> expected =
                    model.stream().filter(e -> e.expiresAt() <= now).toList();
            checkTaken(tail.removeExpired(now), expected);
            model.removeIf(e -> e.expiresAt() <= now);
            assertThat(tail.earliestExpiry()).as("exact or later than now").isGreaterThan(now);
        }

        private void takeUnsharedAndBack() {
            PagedTail front = new PagedTail();
            front.takeUnshared(tail);
            assertThat(front.size() + tail.size()).isEqualTo(model.size());
            assertThat(model.stream().limit(front.size())).noneMatch(Entry::shared);
            assertThat(tail.isEmpty() || tail.beginsShared()).isTrue();
            front.takeAll(tail);
            tail.takeAll(front);
            assertThat(front.isEmpty()).isTrue();
        }

        private void takeAll() {
            PagedTail other = new PagedTail();
            for (int i = random.nextInt(50); i > 0; i--) {
                Entry entry = some();
                other.add(entry.sequence(), entry.footprint(), entry.expiresAt(), entry.shared());
                model.add(entry);
            }
            tail.takeAll(other);
            check(other, new ArrayDeque<>());
        }
    }

    @Property(tries = 100)
    void isTheListThatItStandsFor(@ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int steps) {
        Run run = new Run(seed);
        for (int i = 0; i < steps; i++) {
            run.step();
        }
        run.poll(Integer.MAX_VALUE);
        while (!run.model.isEmpty()) {
            run.poll(Integer.MAX_VALUE);
        }
        check(run.tail, run.model);
    }

    @Test
    void takesAFewBytesForAMessage() {
        PagedTail tail = new PagedTail();
        Random random = new Random(1);
        long sequence = 1_000_000_000L;
        for (int i = 0; i < 100_000; i++) {
            sequence += 1 + random.nextInt(5_000); // the sequence is of all sessions
            tail.add(sequence, 200 + random.nextInt(40), ApplicationMessage.NEVER, false);
        }
        assertThat(tail.memory() / 100_000.0).isLessThan(4.5);
    }
}
