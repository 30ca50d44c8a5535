package org.ternmq.broker.security;

/** Whether who let a client in would still do so. */
public enum Standing {
    /** As far as the broker was told. */
    GOOD,
    /** The client has to go; its session waits for it until it expires. */
    REVOKED,
    /** The client has to go, and its session ends. */
    SESSION_REVOKED
}
