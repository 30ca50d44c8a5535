package org.ternmq.broker.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
final class LoopWatchTest {
    private static final long HOUR = Duration.ofHours(1).toNanos();

    private final Metrics metrics = new Metrics();

    private static void blocksInThePlugin(CountDownLatch until) {
        try {
            until.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts an event loop", e);
        }
    }

    @Test
    void aPluginThatDoesNotComeBackIsNamedWithWhereItIs() throws Exception {
        ch.qos.logback.classic.Logger logger = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(LoopWatch.class);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        logger.addAppender(said);
        try (LoopWatch watch = new LoopWatch(metrics, Duration.ofMillis(50).toNanos(), HOUR)) {
            CountDownLatch until = new CountDownLatch(1);
            Thread loop = new Thread(
                    () -> {
                        PluginScope scope = new PluginScope("my-rules", this, metrics, watch);
                        ClassLoader before = scope.begin();
                        blocksInThePlugin(until);
                        scope.end(before);
                        scope.end(scope.begin());
                    },
                    "loop-7");
            loop.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> watch.stalls() == 1);
            await().atMost(Duration.ofSeconds(20)).until(() -> said.list.size() >= 2);
            until.countDown();
            loop.join();
            List<String> lines =
                    said.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("my-rules has held up the event loop loop-7 for ")
                            .contains("blocksInThePlugin"));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(said.list)
                            .extracting(ILoggingEvent::getFormattedMessage)
                            .anySatisfy(line -> assertThat(line).startsWith("The event loop loop-7 goes on after ")));
            assertThat(watch.stalls()).isEqualTo(1);
            assertThat(metrics.pluginFailures()).isEqualTo(1);
        } finally {
            logger.detachAppender(said);
        }
    }

    @Test
    void callsThatComeBackAreNotHeldAgainstAnybody() throws Exception {
        try (LoopWatch watch = new LoopWatch(metrics, Duration.ofMillis(300).toNanos(), HOUR)) {
            PluginScope scope = new PluginScope("quick", this, metrics, watch);
            long end = System.nanoTime() + Duration.ofMillis(900).toNanos();
            while (System.nanoTime() - end < 0) {
                ClassLoader before = scope.begin();
                assertThat(Thread.currentThread().getContextClassLoader())
                        .isSameAs(LoopWatchTest.class.getClassLoader());
                LockSupport.parkNanos(1_000_000);
                scope.end(before);
            }
            assertThat(watch.stalls()).isZero();
        }
    }

    private static LoopWatch patientWithPlugins(Metrics metrics) {
        return new LoopWatch(metrics, HOUR, Duration.ofMillis(50).toNanos());
    }

    @Test
    void aLoopThatDoesNotAnswerIsNamedWithWhereItIsAndFreeAgainWhenItDoes() throws Exception {
        ListAppender<ILoggingEvent> said = listen();
        ExecutorService loop = Executors.newSingleThreadExecutor();
        try (LoopWatch watch = patientWithPlugins(metrics)) {
            CountDownLatch answered = new CountDownLatch(2); // the second question comes when the first is answered
            watch.watch("loop-3", task -> {
                loop.execute(task);
                answered.countDown();
            });
            answered.await();
            CountDownLatch until = new CountDownLatch(1);
            CountDownLatch inside = new CountDownLatch(1);
            loop.execute(() -> {
                inside.countDown();
                blocksInThePlugin(until);
            });
            inside.await();
            soon(() -> assertThat(watch.stalled(Duration.ofMillis(120)))
                    .singleElement()
                    .asString()
                    .startsWith("thread loop-3 has not gone on for "));
            soon(() -> assertThat(said.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .as("again when its time has doubled")
                    .filteredOn(line -> line.startsWith("Thread loop-3 has not gone on for "))
                    .hasSizeGreaterThanOrEqualTo(2)
                    .allSatisfy(line -> assertThat(line).contains("blocksInThePlugin")));
            assertThat(metrics.registry().scrape()).contains("ternmq_thread_stalls_total{thread=\"loop-3\"} 1.0");
            until.countDown();
            soon(() -> assertThat(watch.stalled(Duration.ZERO.plusNanos(1))).isEmpty());
        } finally {
            loop.shutdownNow();
            silence(said);
        }
    }

    @Test
    void aThreadThatCountsItsTurnsIsWatchedInsideThemOnly() throws Exception {
        ListAppender<ILoggingEvent> said = listen();
        try (LoopWatch watch = patientWithPlugins(metrics)) {
            AtomicInteger turn = new AtomicInteger();
            watch.watch("journal", Thread.currentThread(), turn);
            LoopWatch witness = watch;
            turn.incrementAndGet();
            soon(() -> assertThat(witness.stalled(Duration.ofMillis(60))).hasSize(1));
            turn.incrementAndGet();
            soon(() -> assertThat(witness.stalled(Duration.ofNanos(1))).isEmpty());
            assertThat(said.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .anySatisfy(line -> assertThat(line).startsWith("Thread journal has not gone on for "));
            watch.endThreads();
            turn.incrementAndGet();
            assertThat(watch.stalled(Duration.ofNanos(1))).isEmpty();
        } finally {
            silence(said);
        }
    }

    private static void soon(ThrowingRunnable check) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(check);
    }

    private static ListAppender<ILoggingEvent> listen() {
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger(LoopWatch.class)).addAppender(said);
        return said;
    }

    private static void silence(ListAppender<ILoggingEvent> said) {
        ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger(LoopWatch.class)).detachAppender(said);
    }
}
