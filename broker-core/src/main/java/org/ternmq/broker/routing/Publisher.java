package org.ternmq.broker.routing;

import org.ternmq.broker.shard.Drainable;

/** Whoever has published and waits to hear that the message is safe: a session. */
public interface Publisher extends Drainable {
    /** What it published is safe. From any thread; true if the publisher now has to be woken. */
    boolean offerCommitted(Publication publication);
}
