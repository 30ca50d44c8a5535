package org.ternmq.broker.bridge;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.shard.Shard;

/** Work for one loop, handed over with one wake-up for all that comes in a burst. Safe for use by all threads. */
final class LoopQueue {
    private static final Logger LOG = LoggerFactory.getLogger(LoopQueue.class);

    private final Shard home;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    LoopQueue(Shard home) {
        this.home = home;
    }

    /** Has it done on the loop, in order. */
    void execute(Runnable task) {
        tasks.add(task);
        if (!scheduled.getAndSet(true)) {
            home.execute(this::drain);
        }
    }

    private void drain() {
        scheduled.set(false);
        @Nullable Runnable task;
        while ((task = tasks.poll()) != null) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("A step of a bridge failed", e);
            }
        }
    }
}
