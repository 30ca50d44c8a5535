package org.ternmq.broker.session;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.WriteBatch;

/**
 * A change of a session's own state that has to be durable, and what the session does once it is. The second half runs in
 * the session's drain, behind all that was offered before.
 *
 * @param always whether the second half is for a session that has ended, too
 */
record StoredChange(
        Session session,
        Consumer<WriteBatch> changes,
        @Nullable Runnable then,
        boolean always) implements Journal.Entry {
    private static final int WEIGHT = 128;

    @Override
    public void write(WriteBatch batch) {
        changes.accept(batch);
    }

    @Override
    public void committed(Wakes wakes) {
        if (then != null && session.offerStored(this)) {
            wakes.add(session);
        }
    }

    @Override
    public int weight() {
        return WEIGHT;
    }
}
