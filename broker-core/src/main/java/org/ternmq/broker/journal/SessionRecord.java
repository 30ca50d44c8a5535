package org.ternmq.broker.journal;

import org.jspecify.annotations.Nullable;

/**
 * That a session exists.
 *
 * @param expiryInterval seconds after the connection ends, {@code 0xFFFFFFFF} for never
 * @param disconnectedAt milliseconds since the epoch, or {@link #CONNECTED}
 * @param username who it belongs to, null for an anonymous client
 */
public record SessionRecord(
        long expiryInterval, long disconnectedAt, @Nullable String username) {
    /** The session had a connection when this was written. */
    public static final long CONNECTED = -1;
}
