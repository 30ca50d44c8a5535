package org.ternmq.broker.plugin;

/** How many lines one plugin may log: so many a second, and a supply for bursts. Safe for use by all threads. */
final class LogBudget {
    static final int BURST = 500;
    static final int PER_SECOND = 50;

    private long lastNanos = System.nanoTime();
    private double supply = BURST;
    private long refused;
    private long refusedInAll;

    /** Takes one line: false if it is to be left out. */
    synchronized boolean take(long now) {
        supply = Math.min(BURST, supply + (now - lastNanos) * (PER_SECOND / 1e9));
        lastNanos = now;
        if (supply < 1) {
            refused++;
            refusedInAll++;
            return false;
        }
        supply--;
        return true;
    }

    /** Lines left out since this was last asked. */
    synchronized long takeRefused() {
        long since = refused;
        refused = 0;
        return since;
    }

    /** Lines left out so far. */
    synchronized long refusedInAll() {
        return refusedInAll;
    }
}
