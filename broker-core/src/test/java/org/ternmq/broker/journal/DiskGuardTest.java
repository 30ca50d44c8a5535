package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.observe.Metrics;

final class DiskGuardTest {
    private static final Duration OFTEN = Duration.ofMillis(1);

    private final AtomicLong free = new AtomicLong(1_000);
    private final AtomicLong looks = new AtomicLong();
    private final Metrics metrics = new Metrics();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final DiskGuard guard = new DiskGuard(this::look, 400, metrics);

    private long look() throws IOException {
        looks.incrementAndGet();
        if (free.get() < 0) {
            throw new IOException("cannot tell");
        }
        return free.get();
    }

    @AfterEach
    void close() {
        guard.close();
    }

    private void start() {
        guard.start(OFTEN, (low, bytes, enough) -> told.add((low ? "low " : "enough ") + bytes + " of " + enough));
    }

    private void set(long bytes) {
        free.set(bytes);
        long seen = looks.get();
        Awaitility.await().until(() -> looks.get() >= seen + 2); // one that began after the change has ended
    }

    @Test
    void changesBelowTheReserveAndWellAboveIt() {
        start();
        assertThat(guard.isLow()).isFalse();
        assertThat(metrics.diskFree()).isEqualTo(1_000);
        set(400);
        assertThat(guard.isLow()).isFalse();
        set(399);
        Awaitility.await().until(guard::isLow);
        assertThat(metrics.diskLow()).isTrue();
        set(499);
        assertThat(guard.isLow()).as("not yet enough to stay so").isTrue();
        set(500);
        Awaitility.await().until(() -> !guard.isLow());
        set(450);
        assertThat(guard.isLow()).isFalse();
        assertThat(told).containsExactly("low 399 of 500", "enough 500 of 500");
        assertThat(metrics.diskLow()).isFalse();
    }

    @Test
    void knowsWhenItBegins() {
        free.set(1);
        start();
        assertThat(guard.isLow()).isTrue();
        assertThat(told).containsExactly("low 1 of 500");
    }

    @Test
    void keepsToWhatItKnewWhenTheDiskDoesNotSay() {
        free.set(1);
        start();
        set(-1);
        assertThat(guard.isLow()).isTrue();
        set(1_000);
        Awaitility.await().until(() -> !guard.isLow());
    }

    @Test
    void looksAtNothingWithoutAReserve() {
        free.set(0);
        try (DiskGuard off = new DiskGuard(this::look, 0, metrics)) {
            off.start(OFTEN, (low, bytes, enough) -> told.add("told"));
            assertThat(off.isLow()).isFalse();
        }
        assertThat(looks).hasValue(0);
        assertThat(told).isEmpty();
    }
}
