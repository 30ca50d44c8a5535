package org.ternmq.broker.journal;

import org.ternmq.broker.protocol.WillMessage;

/**
 * A will that outlives the process.
 *
 * @param will what to publish
 * @param dueAt when, in milliseconds since the epoch, or {@link #CONNECTED} while the client was connected
 * @param client who left it
 */
public record WillRecord(WillMessage will, long dueAt, ClientRecord client) {
    /** The client was connected when this was written. */
    public static final long CONNECTED = -1;
}
