package org.ternmq.broker.control;

import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.spi.QoS;

/** How many messages a second went through, over the last whole interval. One thread samples, all may read. */
final class Rates {
    /** Counts since the start. */
    private record Counts(long nanos, long received, long sent, long dropped) {}

    /** Per second. */
    record Rate(double received, double sent, double dropped) {}

    private final Metrics metrics;
    private Counts last;
    private volatile Rate rate = new Rate(0, 0, 0);

    Rates(Metrics metrics) {
        this.metrics = metrics;
        this.last = counts(metrics);
    }

    private static Counts counts(Metrics metrics) {
        return new Counts(System.nanoTime(), received(metrics), sent(metrics), dropped(metrics));
    }

    static long received(Metrics metrics) {
        long sum = 0;
        for (QoS qos : QoS.values()) {
            sum += metrics.receivedCount(qos);
        }
        return sum;
    }

    static long sent(Metrics metrics) {
        long sum = 0;
        for (QoS qos : QoS.values()) {
            sum += metrics.sentCount(qos);
        }
        return sum;
    }

    static long dropped(Metrics metrics) {
        long sum = 0;
        for (DropReason reason : DropReason.values()) {
            sum += metrics.droppedCount(reason);
        }
        return sum;
    }

    /** Ends an interval. */
    void sample() {
        Counts now = counts(metrics);
        double seconds = Math.max(1e-3, (now.nanos() - last.nanos()) / 1e9);
        rate = new Rate(
                (now.received() - last.received()) / seconds,
                (now.sent() - last.sent()) / seconds,
                (now.dropped() - last.dropped()) / seconds);
        last = now;
    }

    Rate rate() {
        return rate;
    }
}
