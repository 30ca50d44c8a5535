package org.ternmq.system.crash;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often the place is reached and ends the process there, as {@code kill -9} would. */
public final class CrashTrigger {
    /** The exit code of a process that SIGKILL has ended. */
    public static final int EXIT = 137;

    private static final AtomicInteger LEFT = new AtomicInteger(Integer.MAX_VALUE);

    private CrashTrigger() {}

    /** Ends the process when the place is reached for this time. */
    public static void arm(int times) {
        LEFT.set(times);
    }

    /** The place is reached. Called from the broker's code, whatever loads it. */
    public static void reached() {
        if (LEFT.decrementAndGet() == 0) {
            Runtime.getRuntime().halt(EXIT); // no shutdown hook, no finally, nothing flushed
        }
    }
}
