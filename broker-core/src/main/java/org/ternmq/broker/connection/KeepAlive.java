package org.ternmq.broker.connection;

import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.shard.Shard;

/**
 * Watches that a client is heard of within one and a half times its keep-alive (MQTT-3.1.2-22). A packet costs one store;
 * one timer runs per connection, and is set again only when it has run out.
 *
 * <p>Owner: the connection's loop.
 */
final class KeepAlive {
    private final Shard shard;
    private final Runnable onTimeout;
    private long limitNanos;
    private long lastPacket;
    private @Nullable Future<?> timer;

    KeepAlive(Shard shard, Runnable onTimeout) {
        this.shard = shard;
        this.onTimeout = onTimeout;
    }

    /** Begins to watch; 0 seconds watches nothing. */
    void start(int seconds) {
        if (seconds > 0) {
            limitNanos = seconds * 1_500_000_000L;
            lastPacket = System.nanoTime();
            schedule(limitNanos);
        }
    }

    /** Complete packets came, by this time. */
    void heard(long nanoTime) {
        lastPacket = nanoTime;
    }

    private void schedule(long nanos) {
        timer = shard.schedule(this::check, nanos / 1_000_000 + 1);
    }

    private void check() {
        long left = limitNanos - (System.nanoTime() - lastPacket);
        if (left <= 0) {
            timer = null;
            onTimeout.run();
        } else {
            schedule(left);
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
