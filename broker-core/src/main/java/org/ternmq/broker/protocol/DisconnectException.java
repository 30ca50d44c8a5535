package org.ternmq.broker.protocol;

/**
 * The connection has to end, for a reason that the specification names. Thrown anywhere below
 * {@code Connection.channelRead} and caught once there; carries no stack trace, since it speaks of the client's doing and
 * not of ours.
 */
public final class DisconnectException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ReasonCode reasonCode;

    /** A reason, with a detail for the log that names the clause where there is one. */
    public DisconnectException(ReasonCode reasonCode, String detail) {
        super(detail, null, false, false);
        this.reasonCode = reasonCode;
    }

    /** The code for CONNACK or DISCONNECT, an error. */
    public ReasonCode reasonCode() {
        return reasonCode;
    }

    /** What was wrong, in words. */
    public String detail() {
        return String.valueOf(getMessage());
    }
}
