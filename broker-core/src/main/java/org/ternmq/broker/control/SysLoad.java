package org.ternmq.broker.control;

import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How much of something there was a minute, averaged over some minutes as the load of a machine is: what is longer ago counts less and
 * less. Used by one thread at a time.
 */
final class SysLoad {
    private static final int[] MINUTES = {1, 5, 15};

    private final String name;
    private final LongSupplier count;
    private final double[] averages = new double[MINUTES.length];
    private long last;

    /**
     * Nothing yet.
     *
     * @param count of all since the start
     */
    SysLoad(String name, LongSupplier count) {
        this.name = name;
        this.count = count;
    }

    /** So much time has passed. */
    void pass(double seconds) {
        long now = count.getAsLong();
        double perMinute = (now - last) * 60 / seconds;
        last = now;
        for (int i = 0; i < MINUTES.length; i++) {
            double kept = Math.exp(-seconds / (60.0 * MINUTES[i]));
            averages[i] = perMinute + kept * (averages[i] - perMinute);
        }
    }

    /** Adds {@code load/NAME/1min} and so on. */
    void put(Map<String, String> figures) {
        for (int i = 0; i < MINUTES.length; i++) {
            figures.put("load/" + name + "/" + MINUTES[i] + "min", String.format(Locale.ROOT, "%.2f", averages[i]));
        }
    }
}
