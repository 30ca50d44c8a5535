package org.ternmq.bridge.kafka;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses that double up to a longest one, each varied at random. Used by one thread. */
final class Pause {
    private static final int MOST_DOUBLINGS = 20;

    private final long first;
    private final long longest;
    private int failures;

    Pause(Duration first, Duration longest) {
        this.first = first.toMillis();
        this.longest = longest.toMillis();
    }

    /** The next one, in milliseconds. */
    long next() {
        long most = Math.min(longest, first << Math.min(failures, MOST_DOUBLINGS));
        failures++;
        return most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    }

    /** It has gone well: the next one is the first again. */
    void reset() {
        failures = 0;
    }
}
