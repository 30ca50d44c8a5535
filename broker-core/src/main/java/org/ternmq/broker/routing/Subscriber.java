package org.ternmq.broker.routing;

import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.shard.Drainable;

/**
 * One that messages can be offered to: a session. All methods may be called from any thread. Compared by {@code equals},
 * which for a session is identity: two sessions of one client identifier, the old and the new one, are two subscribers.
 */
public interface Subscriber extends Drainable {
    /** The client identifier. */
    String clientId();

    /** Whether it is connected and has room in its window, so that it is a good choice among members of a group. */
    boolean acceptsNow();

    /** Whether a QoS 1 or 2 message would find its queue full. */
    boolean isFull();

    /** Messages sent and not yet acknowledged. */
    int inFlight();

    /** Whether it outlives its connection and the process, so that what it has not acknowledged has to be stored. */
    boolean isPersistent();

    /** Gives it a copy. True if it now has to be woken. */
    boolean offer(Delivery delivery);

    /** What was offered and not yet looked at. */
    int backlog();
}
