package org.ternmq.broker.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ternmq.broker.observe.Metrics;

@Timeout(30)
final class PluginCallsTest {
    /** Threat 43: in a flood of logins the workers do not spend their time on those that have given up. */
    @Test
    void aTurnThatComesTooLateIsNotTaken() throws Exception {
        long patience = 1_000_000;
        CountDownLatch held = new CountDownLatch(1);
        CompletableFuture<String> inTime = new CompletableFuture<>();
        CompletableFuture<String> late = new CompletableFuture<>();
        try (PluginCalls calls = new PluginCalls(Duration.ofSeconds(25), Duration.ofNanos(patience), new Metrics())) {
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) { // more than there are workers
                assertThat(calls.execute(() -> await(held))).isTrue();
            }
            assertThat(calls.execute(() -> late.complete("asked"), () -> late.complete("too late")))
                    .isTrue();
            long begin = System.nanoTime();
            while (System.nanoTime() - begin <= patience) {
                Thread.onSpinWait();
            }
            held.countDown();
            assertThat(late.get(20, TimeUnit.SECONDS)).isEqualTo("too late");
        }
        try (PluginCalls calls = new PluginCalls(Duration.ofSeconds(25), new Metrics())) {
            assertThat(calls.execute(() -> inTime.complete("asked"), () -> inTime.complete("too late")))
                    .isTrue();
            assertThat(inTime.get(20, TimeUnit.SECONDS)).isEqualTo("asked");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
