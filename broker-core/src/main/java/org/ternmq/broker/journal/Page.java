package org.ternmq.broker.journal;

import org.jspecify.annotations.Nullable;

/**
 * Messages that were read from the store for a session.
 *
 * <p>Owner: who asked for it.
 */
public final class Page {
    private final @Nullable Delivery[] deliveries;

    Page(@Nullable Delivery[] deliveries) {
        this.deliveries = deliveries;
    }

    /** How many were asked for. */
    public int size() {
        return deliveries.length;
    }

    /** One of them, in the order in which they were asked for; null if the store has no such record that can be read. */
    public @Nullable Delivery get(int index) {
        return deliveries[index];
    }
}
