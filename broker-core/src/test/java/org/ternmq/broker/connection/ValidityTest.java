package org.ternmq.broker.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;

/** How long holds what a client has proven, by a clock that is turned by hand. */
@Timeout(60)
final class ValidityTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now.get();
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    };
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Shard shard = new Shards(loops, clock, false).get(0);

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Validity until(Instant end, Runnable onEnd) throws Exception {
        AtomicReference<Validity> made = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        shard.execute(() -> {
            Validity validity = new Validity(shard, onEnd);
            validity.until(Optional.of(end));
            made.set(validity);
            done.countDown();
        });
        done.await();
        return made.get();
    }

    /** Turns the clock, and waits until another one with this end has ended. */
    private void turnTo(Instant end) throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        until(end, ended::countDown);
        now.set(end);
        ended.await();
    }

    @Test
    void endsWhenTheClockSaysSo() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        until(START.plusMillis(5), ended::countDown);
        turnTo(START);
        assertThat(ended.await(50, TimeUnit.MILLISECONDS))
                .as("the clock stands still")
                .isFalse();
        now.set(START.plusMillis(5));
        ended.await();
    }

    @Test
    void aNewEndTakesThePlaceOfTheOneBefore() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch extended = new CountDownLatch(1);
        Validity validity = until(START.plusMillis(5), () -> ended.set(true));
        shard.execute(() -> {
            validity.until(Optional.of(START.plusSeconds(3600)));
            extended.countDown();
        });
        extended.await();
        turnTo(START.plusMillis(10));
        assertThat(ended).isFalse();
        shard.execute(() -> validity.until(Optional.of(START.plusMillis(10))));
        turnTo(START.plusMillis(10));
        assertThat(ended).as("sooner again").isTrue();
    }

    @Test
    void noEndAndOneInTheFarFutureDoNotEnd() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        Validity validity = until(START.plusMillis(1), () -> ended.set(true));
        CountDownLatch changed = new CountDownLatch(1);
        shard.execute(() -> {
            validity.until(Optional.empty());
            changed.countDown();
        });
        changed.await();
        until(Instant.MAX, () -> ended.set(true));
        turnTo(START.plusMillis(10));
        assertThat(ended).isFalse();
    }
}
