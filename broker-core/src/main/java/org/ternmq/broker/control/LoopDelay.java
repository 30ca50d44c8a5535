package org.ternmq.broker.control;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import org.ternmq.broker.shard.Shard;

/** Measures how late an event loop does what is due. Owner: the loop. */
final class LoopDelay {
    private static final long EVERY_MILLIS = 1000;

    private final Shard shard;
    private final Timer timer;
    private long due;

    private LoopDelay(Shard shard, Timer timer) {
        this.shard = shard;
        this.timer = timer;
    }

    /** Measures a loop until it ends. */
    static void measure(Shard shard, MeterRegistry registry) {
        Timer timer = Timer.builder("ternmq.event.loop.delay")
                .description("How late an event loop does what is due")
                .tag("loop", Integer.toString(shard.index()))
                .register(registry);
        shard.execute(new LoopDelay(shard, timer)::next);
    }

    private void next() {
        due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(EVERY_MILLIS);
        shard.schedule(this::came, EVERY_MILLIS);
    }

    private void came() {
        timer.record(Math.max(0, System.nanoTime() - due), TimeUnit.NANOSECONDS);
        next();
    }
}
