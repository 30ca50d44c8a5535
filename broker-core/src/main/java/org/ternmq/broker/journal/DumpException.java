package org.ternmq.broker.journal;

/** A store that cannot be exported, imported or copied. The message is for the operator. */
public final class DumpException extends Exception {
    private static final long serialVersionUID = 1L;

    /** With the reason. */
    public DumpException(String message) {
        super(message);
    }

    /** With the reason and its cause. */
    public DumpException(String message, Throwable cause) {
        super(message, cause);
    }
}
