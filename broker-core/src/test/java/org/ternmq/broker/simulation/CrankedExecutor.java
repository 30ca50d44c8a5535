package org.ternmq.broker.simulation;

import java.util.ArrayDeque;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The pager's threads: does what it was given when it is told to. */
final class CrankedExecutor extends ScheduledThreadPoolExecutor {
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    CrankedExecutor() {
        super(0);
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        throw new AssertionError("the pager could not read and would try again");
    }

    boolean turn() {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
        return task != null;
    }

    boolean isIdle() {
        return tasks.isEmpty();
    }
}
