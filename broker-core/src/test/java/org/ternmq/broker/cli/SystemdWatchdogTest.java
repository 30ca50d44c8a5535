package org.ternmq.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SystemdWatchdogTest {
    private static final Map<String, String> WANTED = Map.of("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "3000");

    private final AtomicInteger signs = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicReference<List<String>> stalled = new AtomicReference<>(List.of());

    private SystemdWatchdog start(Map<String, String> environment) {
        return SystemdWatchdog.start(
                environment,
                42,
                () -> {
                    looks.incrementAndGet();
                    return stalled.get();
                },
                signs::incrementAndGet);
    }

    private static void soon(org.awaitility.core.ThrowingRunnable check) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(check);
    }

    @Test
    void signsComeWhileAllGoesOnAndOnlyThen() {
        try (SystemdWatchdog watchdog = start(WANTED)) {
            soon(() -> assertThat(signs).hasValueGreaterThan(3));
            stalled.set(List.of("thread loop-0 has not gone on for 31 s"));
            int seen = looks.get();
            soon(() -> assertThat(looks).hasValueGreaterThan(seen + 1));
            int given = signs.get();
            soon(() -> assertThat(looks).hasValueGreaterThan(seen + 10));
            assertThat(signs).hasValue(given);
            stalled.set(List.of());
            soon(() -> assertThat(signs).hasValueGreaterThan(given));
        }
    }

    @Test
    void nothingIsDoneThatSystemdDoesNotWantOfThisProcess() {
        for (Map<String, String> environment : List.of(
                Map.<String, String>of(),
                Map.of("WATCHDOG_USEC", "3000"),
                Map.of("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "soon"),
                Map.of("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "3000", "WATCHDOG_PID", "43"))) {
            try (SystemdWatchdog watchdog = start(environment);
                    SystemdWatchdog other = start(WANTED)) {
                int seen = signs.get();
                soon(() -> assertThat(signs).hasValueGreaterThan(seen + 3));
                assertThat(looks.get() - signs.get()).as("%s", environment).isBetween(0, 1);
            }
        }
    }
}
