package org.ternmq.broker.bench;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What one event loop has counted since the last {@link #reset}. Belongs to that loop. */
final class LoopStats {
    private static final long HIGHEST = TimeUnit.MINUTES.toNanos(10);

    /** In nanoseconds, to three digits. */
    final Histogram latency = new Histogram(1000, HIGHEST, 3);

    /** From PUBLISH to PUBACK or PUBREC. */
    final Histogram ackLatency = new Histogram(1000, HIGHEST, 3);

    long sent;
    long delivered;
    long duplicated;
    long outOfOrder;
    long refused;
    long lastArrival;

    void latency(long nanos) {
        latency.recordValue(Math.max(0, Math.min(HIGHEST, nanos)));
    }

    void ackLatency(long nanos) {
        ackLatency.recordValue(Math.max(0, Math.min(HIGHEST, nanos)));
    }

    void reset() {
        latency.reset();
        ackLatency.reset();
        sent = 0;
        delivered = 0;
        duplicated = 0;
        outOfOrder = 0;
        refused = 0;
        lastArrival = 0;
    }

    /** Adds what another loop has counted. */
    void add(LoopStats other) {
        latency.add(other.latency);
        ackLatency.add(other.ackLatency);
        sent += other.sent;
        delivered += other.delivered;
        duplicated += other.duplicated;
        outOfOrder += other.outOfOrder;
        refused += other.refused;
        if (other.lastArrival != 0 && (lastArrival == 0 || other.lastArrival - lastArrival > 0)) {
            lastArrival = other.lastArrival;
        }
    }
}
