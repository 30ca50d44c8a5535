package org.ternmq.broker.security;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.PluginScope;

/**
 * The workers on which plugins are asked, and the guard around each question: an exception, a linkage error, a null or no
 * answer in time is a {@link Failure}, counted and logged under the plugin's name.
 *
 * <p>Safe for use by all threads.
 */
final class PluginCalls implements AutoCloseable {
    /** A plugin threw, hung, or answered null; the detail says which and how. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;
        private final String detail;

        Failure(String detail) {
            super(detail, null, false, false);
            this.detail = detail;
        }

        String detail() {
            return detail;
        }
    }

    /** What a client is told that finds too many before it. */
    static final String BUSY = "too many clients wait to be authenticated";

    private static final Logger LOG = LoggerFactory.getLogger(PluginCalls.class);
    /** Questions that may wait for a worker; one more is refused. */
    private static final int WAITING = 10_000;

    /** How often it is seen whether a call that goes on only waits. */
    private static final long PATIENCE_NANOS = 50_000_000;
    /** Workers that may be had in place of those that wait for slow answers. */
    private static final int SUBSTITUTES = 256;
    /** How long a question waits for a worker at least before it is too late for it. */
    private static final Duration PATIENCE_AT_LEAST = Duration.ofSeconds(5);

    private final long timeoutNanos;
    private final long patienceNanos;
    private final Metrics metrics;
    private final int threads;
    private final ThreadPoolExecutor workers;
    /** For what nobody waits for at the door, so that it neither is refused nor keeps others out. */
    private final ThreadPoolExecutor later;

    private int substitutes;
    /** Calls into plugins run here, so that one that does not come back costs a thread and not a worker's turn. */
    private final ExecutorService calls;

    PluginCalls(Duration timeout, Metrics metrics) {
        this(timeout, timeout.compareTo(PATIENCE_AT_LEAST) > 0 ? timeout : PATIENCE_AT_LEAST, metrics);
    }

    /** With another time after which it is too late for a question that waits for a worker. */
    PluginCalls(Duration timeout, Duration patience, Metrics metrics) {
        this.timeoutNanos = timeout.toNanos();
        this.patienceNanos = patience.toNanos();
        this.metrics = metrics;
        // One core less than there are: hashes keep their worker busy, and the clients that are in need the loops.
        this.threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        this.workers = new ThreadPoolExecutor(
                threads, threads, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), named("auth"));
        this.workers.allowCoreThreadTimeOut(true);
        this.later =
                new ThreadPoolExecutor(2, 2, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("auth-later"));
        this.later.allowCoreThreadTimeOut(true);
        this.calls = Executors.newCachedThreadPool(named("auth-call"));
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Has a worker do something. False if too much waits already, or after the end. */
    boolean execute(Runnable task) {
        return execute(workers, task);
    }

    /**
     * Has a worker do something, or, if its turn comes so late that whoever asked will hardly still be there, something
     * cheaper: else a flood would have only those asked about that have given up. False as with {@link #execute(Runnable)}.
     */
    boolean execute(Runnable task, Runnable tooLate) {
        long asked = System.nanoTime();
        return execute(workers, () -> {
            if (System.nanoTime() - asked > patienceNanos) {
                tooLate.run();
            } else {
                task.run();
            }
        });
    }

    /** Has a worker do something for a client that is in already, however many such tasks wait. False after the end. */
    boolean executeLater(Runnable task) {
        return execute(later, task);
    }

    private static boolean execute(ThreadPoolExecutor by, Runnable task) {
        try {
            by.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /**
     * Asks a plugin something; called on a worker, which waits for the answer and has come in before. If the plugin waits too, for a server perhaps that
     * does not answer, another worker goes on with the others' questions; one that computes keeps its turn, as there are no more
     * cores for it.
     */
    <T> T call(Asked<?> asked, Callable<T> question) throws Failure {
        String name = asked.name();
        AtomicReference<@Nullable Thread> caller = new AtomicReference<>();
        Future<T> future = calls.submit(() -> {
            caller.set(Thread.currentThread());
            asked.again(); // one that hangs is in for longer than who waits for it
            try {
                return PluginScope.callIn(asked.scope().loader(), question);
            } finally {
                asked.end();
            }
        });
        String problem;
        try {
            T answer = await(future, caller);
            if (answer != null) {
                return answer;
            }
            problem = "answered null";
            LOG.error("{} answered null", name);
        } catch (TimeoutException e) {
            future.cancel(true);
            problem = "did not answer in time";
            LOG.error("{} did not answer within {}", name, Duration.ofNanos(timeoutNanos));
        } catch (ExecutionException e) {
            problem = "failed";
            LOG.error("{} failed", name, e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            problem = "was interrupted";
        }
        metrics.pluginFailed(name);
        throw new Failure(name + " " + problem);
    }

    private <T> T await(Future<T> future, AtomicReference<@Nullable Thread> caller)
            throws InterruptedException, ExecutionException, TimeoutException {
        long deadline = System.nanoTime() + timeoutNanos;
        boolean substituted = false;
        try {
            while (true) {
                long left = deadline - System.nanoTime();
                try {
                    return future.get(substituted ? left : Math.min(left, PATIENCE_NANOS), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    if (deadline - System.nanoTime() <= 0) {
                        throw e;
                    }
                    substituted = substituted || substitute(caller.get());
                }
            }
        } finally {
            if (substituted) {
                substituted(-1);
            }
        }
    }

    private synchronized boolean substitute(@Nullable Thread slow) {
        boolean waits = slow != null
                && switch (slow.getState()) {
                    case WAITING, TIMED_WAITING, BLOCKED -> true;
                    case NEW, RUNNABLE, TERMINATED -> false;
                };
        if (waits && substitutes < SUBSTITUTES) {
            substituted(1);
            return true;
        }
        return false;
    }

    private synchronized void substituted(int more) {
        substitutes += more;
        if (more > 0) {
            workers.setMaximumPoolSize(threads + substitutes);
            workers.setCorePoolSize(threads + substitutes);
        } else {
            workers.setCorePoolSize(threads + substitutes);
            workers.setMaximumPoolSize(threads + substitutes);
        }
    }

    @Override
    public void close() {
        workers.shutdownNow();
        later.shutdownNow();
        calls.shutdownNow();
    }
}
