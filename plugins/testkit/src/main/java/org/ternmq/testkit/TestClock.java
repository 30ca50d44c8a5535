package org.ternmq.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock in UTC that stands still until it is turned. Safe for use by several threads. */
public final class TestClock extends Clock {
    private volatile Instant now;

    /**
     * Starts at a fixed time.
     *
     * @param start what it shows
     */
    public TestClock(Instant start) {
        now = start;
    }

    /** Starts at the beginning of 2026. */
    public TestClock() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    /**
     * Turns it on, or back if the amount is negative.
     *
     * @param amount by how much
     */
    public synchronized void turn(Duration amount) {
        now = now.plus(amount);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        if (zone.equals(ZoneOffset.UTC)) {
            return this;
        }
        throw new UnsupportedOperationException("a plugin's clock is in UTC");
    }
}
