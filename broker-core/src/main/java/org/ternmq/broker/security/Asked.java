package org.ternmq.broker.security;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.PluginScope;

/**
 * An instance of a plugin that is asked, and how many are using it: when another has taken its place, nobody comes in any
 * more, and it can be closed when all are out. Safe for use by all threads.
 */
public final class Asked<T extends AutoCloseable> {
    private static final Logger LOG = LoggerFactory.getLogger(Asked.class);
    private static final long LOOK_NANOS = 2_000_000;

    private final T plugin;
    private final PluginScope scope;
    private final AtomicInteger users = new AtomicInteger();
    private volatile boolean retired;

    Asked(T plugin, PluginScope scope) {
        this.plugin = plugin;
        this.scope = scope;
    }

    String name() {
        return scope.name();
    }

    PluginScope scope() {
        return scope;
    }

    /** The instance. */
    public T plugin() {
        return plugin;
    }

    /** Comes in; false if another instance has taken the place of this one. */
    boolean begin() {
        users.incrementAndGet();
        if (retired) {
            users.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Comes in once more, by somebody who is in. */
    void again() {
        users.incrementAndGet();
    }

    /** Goes out. */
    void end() {
        users.decrementAndGet();
    }

    /** Lets nobody in any more and waits for those who are in; false if some are still in after that time. */
    public boolean drain(Duration atMost) {
        retired = true;
        long deadline = System.nanoTime() + atMost.toNanos();
        while (users.get() > 0
                && System.nanoTime() < deadline
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return users.get() == 0;
    }

    void closeQuietly() {
        try {
            PluginScope.callIn(scope.loader(), () -> {
                plugin.close();
                return true;
            });
        } catch (Throwable e) { // the others are to be closed too
            LOG.warn("{} failed to close", name(), e);
        }
    }
}
