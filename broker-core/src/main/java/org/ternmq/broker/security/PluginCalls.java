package org.ternmq.broker.security;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;

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

    private static final Logger LOG = LoggerFactory.getLogger(PluginCalls.class);
    /** Questions that may wait for a worker; one more is refused. */
    private static final int WAITING = 10_000;

    private final long timeoutNanos;
    private final Metrics metrics;
    private final ThreadPoolExecutor workers;
    /** Calls into plugins run here, so that one that does not come back costs a thread and not a worker's turn. */
    private final ExecutorService calls;

    PluginCalls(Duration timeout, Metrics metrics) {
        this.timeoutNanos = timeout.toNanos();
        this.metrics = metrics;
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        this.workers = new ThreadPoolExecutor(
                threads, threads, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), named("auth"));
        this.workers.allowCoreThreadTimeOut(true);
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
        try {
            workers.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Asks a plugin something; called on a worker, which waits for the answer. */
    <T> T call(String name, Object plugin, Callable<T> question) throws Failure {
        Future<T> future = calls.submit(() -> {
            Thread.currentThread().setContextClassLoader(plugin.getClass().getClassLoader());
            return question.call();
        });
        String problem;
        try {
            T answer = future.get(timeoutNanos, TimeUnit.NANOSECONDS);
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
        metrics.pluginFailed();
        throw new Failure(name + " " + problem);
    }

    @Override
    public void close() {
        workers.shutdownNow();
        calls.shutdownNow();
    }
}
