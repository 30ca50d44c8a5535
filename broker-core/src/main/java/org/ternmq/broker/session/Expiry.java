package org.ternmq.broker.session;

import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.shard.Shard;

/**
 * The timer that ends a session whose client does not come back.
 *
 * <p>Owner: the session.
 */
final class Expiry {
    private final Session session;
    private @Nullable Future<?> timer;

    Expiry(Session session) {
        this.session = session;
    }

    /** Ends the session after so many milliseconds, unless its interval, in seconds, is that of one that never ends. */
    void schedule(Shard shard, long interval, long delayMillis) {
        if (interval != SessionLimits.NEVER) {
            timer = shard.schedule(this::expire, Math.max(0, delayMillis));
        }
    }

    void cancel() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void expire() {
        timer = null;
        session.expire();
    }
}
