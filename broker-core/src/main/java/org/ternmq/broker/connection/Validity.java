package org.ternmq.broker.connection;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.shard.Shard;

/**
 * Watches for how long holds what a client has proven. It is the time of day that counts, and that can be set: whoever is valid
 * for long is looked at every now and then.
 *
 * <p>Owner: the connection's loop.
 */
final class Validity {
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

    private final Shard shard;
    private final Runnable onEnd;
    private @Nullable Future<?> timer;

    Validity(Shard shard, Runnable onEnd) {
        this.shard = shard;
        this.onEnd = onEnd;
    }

    /** Takes the place of what was said before; empty is for ever. */
    void until(Optional<Instant> end) {
        stop();
        end.ifPresent(this::schedule);
    }

    private void schedule(Instant end) {
        Duration left = Duration.between(Instant.ofEpochMilli(shard.now()), end);
        long millis = left.compareTo(LONGEST_WAIT) > 0
                ? LONGEST_WAIT.toMillis()
                : left.isNegative() ? 0 : left.toMillis() + 1; // rounded up
        timer = shard.schedule(() -> check(end), millis);
    }

    private void check(Instant end) {
        timer = null;
        if (Instant.ofEpochMilli(shard.now()).isBefore(end)) {
            schedule(end);
        } else {
            onEnd.run();
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
