package org.ternmq.broker.routing;

/**
 * One that messages can be offered to: a session, connected or not. Every method may be called from any thread. Two
 * subscribers are the same if they are equal, so that an implementation either is compared by identity or equals nothing
 * that is another session.
 */
public interface Subscriber {
    /** The client identifier. */
    String clientId();

    /** Whether a message offered now could leave at once: online, with free send quota. */
    boolean acceptsNow();

    /** How many messages are on their way to it, unacknowledged; for choosing a member of a shared group. */
    int inFlight();
}
