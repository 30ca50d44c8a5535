package org.ternmq.broker.bridge;

import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread on which a bridge is called, which notes since when a call has not returned. Safe for use by all threads. */
final class BridgeWorker {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeWorker.class);
    private static final long IDLE = -1;

    private final ThreadPoolExecutor thread;
    private volatile long callBegan = IDLE;

    BridgeWorker(String name, ClassLoader loader) {
        thread = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread made = new Thread(task, "bridge-" + name);
            made.setContextClassLoader(loader);
            made.setDaemon(true);
            return made;
        });
        thread.setRejectedExecutionHandler((task, executor) -> LOG.debug("Dropped a step of a bridge that is closed"));
    }

    /** Has it done in its turn; dropped after the end. */
    void execute(Runnable task) {
        thread.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("A step of a bridge failed", e);
            }
        });
    }

    /** Calls into the bridge; on the worker. */
    <T extends @Nullable Object> T guarded(Callable<T> call) throws Exception {
        callBegan = System.nanoTime() & Long.MAX_VALUE;
        try {
            return call.call();
        } finally {
            callBegan = IDLE;
        }
    }

    /** For how long the call that runs has run, in nanoseconds; 0 if none runs. */
    long busyNanos() {
        long began = callBegan;
        return began == IDLE ? 0 : (System.nanoTime() & Long.MAX_VALUE) - began;
    }

    /** Ends it: what waits is dropped, what runs is interrupted. */
    void end() {
        thread.shutdownNow();
    }
}
