package org.ternmq.broker.plugin;

import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pool of one instance of a plugin: two threads at most, none while there is nothing to do. A task that throws is
 * counted and, at times, logged; a repeated task goes on. Safe for use by several threads.
 */
final class InstanceExecutor extends ScheduledThreadPoolExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(InstanceExecutor.class);
    private static final int THREADS = 2;
    private static final long IDLE_SECONDS = 30;
    private static final long LAST_WORDS_SECONDS = 2;

    private final String name;
    private final AtomicLong failures = new AtomicLong();

    InstanceExecutor(String name, ClassLoader loader) {
        super(THREADS, threads(name, loader), silently());
        this.name = name;
        setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        allowCoreThreadTimeOut(true);
        setRemoveOnCancelPolicy(true);
        setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    private static ThreadFactory threads(String name, ClassLoader loader) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setContextClassLoader(loader);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Work that is offered after the end is dropped: a plugin that is being closed need not guard against it. */
    private static RejectedExecutionHandler silently() {
        return (task, executor) -> LOG.debug("Dropped a task offered after the end: {}", task);
    }

    /** Tasks that threw, so far. */
    long failures() {
        return failures.get();
    }

    /** Ends it: what runs may finish for a moment, then is interrupted. */
    void end() {
        shutdown();
        try {
            if (!awaitTermination(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
                shutdownNow();
                awaitTermination(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return super.schedule(
                () -> {
                    try {
                        command.run();
                    } catch (Throwable e) {
                        failed(e);
                        throw e;
                    }
                },
                delay,
                unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return super.schedule(
                () -> {
                    try {
                        return callable.call();
                    } catch (Throwable e) {
                        failed(e);
                        throw e;
                    }
                },
                delay,
                unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return super.scheduleAtFixedRate(repeated(command), initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return super.scheduleWithFixedDelay(repeated(command), initialDelay, delay, unit);
    }

    private Runnable repeated(Runnable command) {
        return () -> {
            try {
                command.run();
            } catch (Throwable e) {
                failed(e); // and once more next time
            }
        };
    }

    private void failed(Throwable e) {
        if (isShutdown()) {
            return;
        }
        long count = failures.incrementAndGet();
        if (Long.bitCount(count)
                == 1) { // the 1st, 2nd, 4th, 8th …: a task that fails every second must not fill the log
            LOG.error("A task of plugin instance {} failed ({} so far)", name, count, e);
        }
    }
}
