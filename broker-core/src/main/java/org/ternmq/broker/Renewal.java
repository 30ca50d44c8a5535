package org.ternmq.broker;

import java.time.Duration;

/**
 * A new instance of a plugin that was made beside the one in force. Either it is swapped in, and the old one is drained and
 * closed, or it is discarded.
 */
interface Renewal {
    /** Makes a new instance of what the block of a maker asks for. */
    interface Renewing {
        /**
         * Makes it, without touching what is in force.
         *
         * @throws StartException if it cannot be made, or cannot take the place of the one in force; in words
         */
        Renewal prepare(Maker maker) throws StartException;
    }

    /** Puts it in force. */
    void swap();

    /** Waits until nobody uses the old one any more; false if somebody does after that time. */
    boolean drain(Duration atMost);

    /** Closes the old one. */
    void closeOld() throws Exception;

    /** Closes the new one, which never was in force. */
    void discard() throws Exception;
}
