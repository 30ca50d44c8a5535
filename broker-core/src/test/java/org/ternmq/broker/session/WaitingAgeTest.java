package org.ternmq.broker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WaitingAgeTest {
    private final WaitingAge age = new WaitingAge();

    @Test
    void nothingWaitsBeforeTheFirstAndAfterTheLast() {
        assertThat(age.since()).isZero();
        age.waiting(1, 5_000);
        age.waiting(2, 9_000);
        assertThat(age.since()).isEqualTo(5_000);
        age.waiting(1, 10_000);
        assertThat(age.since()).isEqualTo(9_000);
        age.waiting(0, 11_000);
        assertThat(age.since()).isZero();
        age.waiting(1, 20_000);
        assertThat(age.since()).isEqualTo(20_000);
    }

    @Test
    void itIsExactToASecondOrToAPartOfTheAge() {
        ArrayDeque<Long> queue = new ArrayDeque<>();
        Random random = new Random(7);
        long now = 1_000_000;
        long oldest = 0;
        for (int i = 0; i < 50_000; i++) {
            now += random.nextInt(300);
            if (random.nextInt(100) < (i % 20_000 < 10_000 ? 60 : 40) || queue.isEmpty()) {
                queue.add(now);
            } else {
                queue.remove();
            }
            age.waiting(queue.size(), now);
            if (queue.isEmpty()) {
                assertThat(age.since()).isZero();
                continue;
            }
            long real = now - queue.getFirst();
            oldest = Math.max(oldest, real);
            assertThat(now - age.since()).isBetween(real, real + 1_500 + oldest / 16);
        }
    }
}
