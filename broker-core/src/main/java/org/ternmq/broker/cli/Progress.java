package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.ternmq.broker.journal.DumpCounts;

/** Shows on a terminal how far a command is, one line that is written over; elsewhere nothing. Used by one thread. */
final class Progress implements Consumer<DumpCounts> {
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int LOOK_EVERY = 256;

    private final PrintWriter err;
    private final String what;
    private final boolean shown;
    private final long begun = System.nanoTime();
    private long last = begun;

    /** The launcher says whether the standard error output is a terminal. */
    Progress(PrintWriter err, String what) {
        this.err = err;
        this.what = what;
        this.shown = Boolean.getBoolean("ternmq.terminal");
    }

    @Override
    public void accept(DumpCounts counts) {
        if (shown && counts.records() % LOOK_EVERY == 0 && System.nanoTime() - last > EVERY_NANOS) {
            last = System.nanoTime();
            double seconds = (last - begun) / 1e9;
            err.printf(
                    Locale.ROOT,
                    "\r%s %,d records, %,.0f a second ",
                    what,
                    counts.records(),
                    counts.records() / seconds);
            err.flush();
        }
    }

    /** Makes room for other lines. */
    void end() {
        if (shown && last != begun) {
            err.print("\r" + " ".repeat(60) + "\r");
            err.flush();
        }
    }
}
