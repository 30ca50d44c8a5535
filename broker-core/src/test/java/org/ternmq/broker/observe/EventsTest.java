package org.ternmq.broker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;

@Timeout(60)
final class EventsTest {
    private static final int MORE_THAN_FITS = EventQueue.EVENTS + 500;

    private final Metrics metrics = new Metrics();

    /** Takes an event for each permit, and remembers it. */
    private static final class Slow implements BrokerListener {
        final Semaphore permits = new Semaphore(0);
        final Semaphore asked = new Semaphore(0);
        final BlockingQueue<BrokerEvent> told = new LinkedBlockingQueue<>();
        final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public void onEvent(BrokerEvent event) throws InterruptedException {
            asked.release();
            permits.acquire();
            told.add(event);
        }

        @Override
        public void close() {
            closed.countDown();
        }

        BrokerEvent next() throws InterruptedException {
            BrokerEvent event = told.poll(20, TimeUnit.SECONDS);
            assertThat(event).isNotNull();
            return event;
        }
    }

    private Events events(BrokerListener listener) {
        return new Events(Clock.systemUTC(), metrics, List.of(new Events.Named("slow", listener)));
    }

    private static String topic(@Nullable BrokerEvent event) {
        return event instanceof BrokerEvent.AccessDenied denied ? denied.topic() : String.valueOf(event);
    }

    @Test
    void everyDenialIsToldAlthoughTheLogLeavesMostOut() throws Exception {
        Slow listener = new Slow();
        listener.permits.release(1000);
        try (Events events = events(listener)) {
            for (int i = 0; i < 1000; i++) {
                events.denied("c", "publish", "t/" + i);
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(topic(listener.next())).isEqualTo("t/" + i);
            }
        }
    }

    @Test
    void aListenerThatLosesEventsIsToldHowManyBeforeTheNext() throws Exception {
        Slow listener = new Slow();
        try (Events events = events(listener)) {
            events.sessionEnded("first");
            listener.asked.acquire(); // it has that one in its hands
            for (int i = 0; i < MORE_THAN_FITS; i++) {
                events.denied("c", "publish", "t/" + i);
            }
            listener.permits.release(1_000_000);
            assertThat(listener.next()).isInstanceOf(BrokerEvent.SessionEnded.class);
            assertThat(listener.next())
                    .isInstanceOfSatisfying(
                            BrokerEvent.EventsLost.class,
                            lost -> assertThat(lost.count()).isEqualTo(MORE_THAN_FITS - EventQueue.EVENTS));
            for (int i = 0; i < EventQueue.EVENTS; i++) {
                assertThat(topic(listener.next())).isEqualTo("t/" + i);
            }
        }
        assertThat(listener.told).as("nothing is said twice").isEmpty();
    }

    @Test
    @DisplayName("threat 7: what waits is bounded in bytes too")
    void longTopicsCannotFillTheMemory() throws Exception {
        Slow listener = new Slow();
        String topic = "x".repeat(65_535);
        int sent = 2000;
        long held = 0;
        try (Events events = events(listener)) {
            events.sessionEnded("first");
            listener.asked.acquire();
            for (int i = 0; i < sent; i++) {
                events.denied("c", "publish", topic);
            }
            listener.permits.release(1_000_000);
            listener.next();
            BrokerEvent.EventsLost lost = (BrokerEvent.EventsLost) listener.next();
            held = sent - lost.count();
        }
        assertThat(held * 2 * topic.length()).isBetween(EventQueue.BYTES / 2, EventQueue.BYTES);
        assertThat(listener.told).hasSize((int) held);
    }

    @Test
    void whatWaitsIsToldBeforeTheEnd() throws Exception {
        Slow listener = new Slow();
        try (Events events = events(listener)) {
            for (int i = 0; i < 100; i++) {
                events.denied("c", "publish", "t/" + i);
            }
            listener.permits.release(100);
        }
        assertThat(listener.told).hasSize(100);
        assertThat(listener.closed.getCount()).isZero();
    }

    @Test
    @DisplayName("threat 20: a listener that hangs does not keep the broker from ending")
    void aListenerThatHangsIsGivenUp() throws Exception {
        Slow listener = new Slow();
        Events events = events(listener);
        events.sessionEnded("first");
        events.close();
        assertThat(listener.closed.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(listener.told).isEmpty();
    }

    @Test
    @DisplayName("threat 20: a listener that throws is told on")
    void aListenerThatThrowsIsToldOn() throws Exception {
        Slow listener = new Slow();
        listener.permits.release(10);
        List<Throwable> faults = List.of(
                new IllegalStateException("of the test"),
                new InterruptedException("of the test"),
                new StackOverflowError("of the test"),
                new NoClassDefFoundError("of the test"),
                new AssertionError("of the test"));
        BlockingQueue<Throwable> left = new LinkedBlockingQueue<>(faults);
        BrokerListener faulty = event -> {
            Throwable fault = left.poll();
            if (fault instanceof Exception e) {
                throw e;
            } else if (fault instanceof Error e) {
                throw e;
            }
            listener.onEvent(event);
        };
        try (Events events = events(faulty)) {
            for (int i = 0; i <= faults.size(); i++) {
                events.sessionEnded("c" + i);
            }
            assertThat(listener.next())
                    .isInstanceOfSatisfying(
                            BrokerEvent.SessionEnded.class,
                            ended -> assertThat(ended.clientId()).isEqualTo("c" + faults.size()));
        }
        assertThat(metrics.pluginFailures()).isEqualTo(faults.size());
    }
}
