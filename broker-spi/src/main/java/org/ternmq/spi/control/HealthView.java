package org.ternmq.spi.control;

import java.util.List;

/**
 * Whether the broker works.
 *
 * @param live false if it should be started again: an event loop or the journal has not gone on for longer than {@code health.down-after}
 * @param ready whether it takes clients: all listeners are open, the storage has not failed, and it is live
 * @param problems what is wrong, each in words
 */
public record HealthView(boolean live, boolean ready, List<String> problems) {
    /**
     * Copies the list.
     *
     * @param live whether it need not be started again
     * @param ready whether it takes clients
     * @param problems what is wrong, each in words
     */
    public HealthView {
        problems = List.copyOf(problems);
    }
}
