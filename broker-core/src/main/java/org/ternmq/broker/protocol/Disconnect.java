package org.ternmq.broker.protocol;

/**
 * DISCONNECT.
 *
 * @param sessionExpiryInterval seconds, or {@link #UNCHANGED}
 */
public record Disconnect(ReasonCode reasonCode, long sessionExpiryInterval) implements Packet {
    /** The Session Expiry Interval of CONNECT holds. */
    public static final long UNCHANGED = -1;
}
