package org.ternmq.broker.journal;

/** The body of a message that several sessions wait for: stored once, counted, removed with its last reference. Owned by the
 * journal's thread. */
final class StoredBody {
    private final long id;
    private int references;

    StoredBody(long id) {
        this.id = id;
    }

    long id() {
        return id;
    }

    void acquire() {
        references++;
    }

    /** True if that was the last reference. */
    boolean release() {
        return --references == 0;
    }
}
