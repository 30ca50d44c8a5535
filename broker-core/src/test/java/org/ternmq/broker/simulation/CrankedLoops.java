package org.ternmq.broker.simulation;

import io.netty.channel.EventLoop;
import io.netty.channel.MultithreadEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Event loops without threads: a loop does something only when it is turned. Tasks, turns and timers are as in Netty's. */
final class CrankedLoops extends MultithreadEventLoopGroup {
    private final SimulatedClock clock;
    private final List<Loop> all = new ArrayList<>();

    CrankedLoops(int number, SimulatedClock clock) {
        super(number, (Executor) Runnable::run, clock);
        this.clock = clock;
        for (EventExecutor loop : this) {
            all.add((Loop) loop);
        }
    }

    @Override
    protected EventLoop newChild(Executor executor, Object... args) {
        return new Loop(this, executor, (SimulatedClock) args[0]);
    }

    Loop get(int index) {
        return all.get(index);
    }

    boolean isIdle() {
        return all.stream().allMatch(Loop::isIdle);
    }

    /** A crash: what they had to do is gone. */
    void forget() {
        all.forEach(Loop::forget);
    }

    /** Lets time pass; timers that are due become tasks. */
    void advance(long millis) {
        clock.advance(millis);
        all.forEach(Loop::collectTimers);
    }

    static final class Loop extends SingleThreadEventLoop {
        /** Whose turn it is, on this thread; loops may be turned from within another's turn only where the journal stands. */
        private boolean turning;

        private final @Nullable SimulatedClock clock;
        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private final ArrayDeque<Runnable> due = new ArrayDeque<>();

        Loop(CrankedLoops parent, Executor executor, SimulatedClock clock) {
            super(parent, executor, false);
            this.clock = clock;
        }

        @Override
        public Ticker ticker() {
            SimulatedClock known = clock;
            return known == null ? Ticker.systemTicker() : known; // asked for by the constructor, too
        }

        @Override
        public boolean inEventLoop(@Nullable Thread thread) {
            return turning;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        protected void wakeup(boolean inEventLoop) {}

        @Override
        protected void run() {
            throw new UnsupportedOperationException();
        }

        boolean isIdle() {
            return tasks.isEmpty() && due.isEmpty();
        }

        /** Does up to so many tasks, then what comes at the end of a turn. False if there was nothing to do. */
        boolean turn(int atMost) {
            if (isIdle()) {
                return false;
            }
            turning = true;
            try {
                for (int i = 0; i < atMost; i++) {
                    Runnable task = due.isEmpty() ? tasks.poll() : due.poll();
                    if (task == null) {
                        break;
                    }
                    task.run();
                }
                afterRunningAllTasks();
            } finally {
                turning = false;
            }
            return true;
        }

        private void collectTimers() {
            turning = true;
            try {
                for (Runnable timer = pollScheduledTask(ticker().nanoTime());
                        timer != null;
                        timer = pollScheduledTask(ticker().nanoTime())) {
                    due.add(timer);
                }
            } finally {
                turning = false;
            }
        }

        private void forget() {
            tasks.clear();
            due.clear();
            turning = true;
            try {
                cancelScheduledTasks();
            } finally {
                turning = false;
            }
        }
    }
}
