package org.ternmq.broker.observe;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An event loop that is asked, a few times a second, to answer. Its turn is from the question to the answer. */
final class AskedLoop extends WatchedThread {
    private static final long ASK = TimeUnit.MILLISECONDS.toNanos(500);

    private final AtomicInteger turn;
    private final Executor loop;
    private final Predicate<Thread> otherwiseTold;
    private final long every;
    private volatile @Nullable Thread thread;
    private long askedAt;

    /**
     * Not asked yet.
     *
     * @param otherwiseTold whether the log says already why this thread does not go on
     */
    AskedLoop(String name, long patience, Executor loop, Predicate<Thread> otherwiseTold) {
        this(name, patience, loop, otherwiseTold, new AtomicInteger());
    }

    private AskedLoop(String name, long patience, Executor loop, Predicate<Thread> otherwiseTold, AtomicInteger turn) {
        super(name, patience, turn::get);
        this.turn = turn;
        this.loop = loop;
        this.otherwiseTold = otherwiseTold;
        this.every = Math.min(ASK, patience / 2);
    }

    @Override
    void look(long now, long lost) {
        if ((turn.get() & 1) == 0 && now - askedAt >= every) {
            askedAt = now;
            turn.incrementAndGet();
            try {
                loop.execute(this::answer);
            } catch (RejectedExecutionException e) {
                turn.incrementAndGet(); // the loop has ended, and nobody waits for it
            }
        }
        super.look(now, lost);
    }

    private void answer() {
        thread = Thread.currentThread();
        turn.incrementAndGet();
    }

    @Override
    @Nullable
    Thread thread() {
        return thread;
    }

    @Override
    void told(long millis, String where) {
        Thread known = thread;
        if (known == null || !otherwiseTold.test(known)) {
            super.told(millis, where);
        }
    }
}
