package org.ternmq.broker.shard;

/** Has an {@link Inbox} that its home shard empties. */
public interface Drainable {
    /** The shard whose loop empties it now. May change while a wake-up is on its way; then the wake-up is passed on. */
    Shard home();

    /** Empties some of the inbox. Called on the loop of {@link #home()} by whoever holds the right to it. */
    void drain();
}
