package org.ternmq.broker.bridge;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses that double up to a longest one, each shortened at random by up to a fifth. Owned by one thread. */
final class Backoff {
    private final long first;
    private final long longest;
    private long next;

    Backoff(Duration first, Duration longest) {
        this.first = first.toMillis();
        this.longest = longest.toMillis();
        this.next = this.first;
    }

    /** How long to wait this time. */
    Duration next() {
        long pause = next;
        next = Math.min(longest, next * 2);
        return Duration.ofMillis(pause - ThreadLocalRandom.current().nextLong(pause / 5 + 1));
    }

    /** It went well: the next pause is the first one again. */
    void reset() {
        next = first;
    }
}
