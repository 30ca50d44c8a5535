package org.ternmq.spi.control;

import java.time.Duration;
import java.util.Optional;

/**
 * A trace that runs. Implemented by the broker; may gain methods. Lines that nobody takes are kept up to some thousands, and then lost and
 * counted: the broker never waits. To be read by one thread at a time; {@link #close} is for any.
 */
public interface TraceStream extends AutoCloseable {
    /**
     * The next line.
     *
     * @param atMost how long to wait for it
     * @return empty if none came in time
     * @throws InterruptedException if the thread was interrupted
     */
    Optional<TraceLine> next(Duration atMost) throws InterruptedException;

    /**
     * How many lines were lost because they were not taken in time.
     *
     * @return since the trace began
     */
    long lost();

    /** Ends the trace. */
    @Override
    void close();
}
