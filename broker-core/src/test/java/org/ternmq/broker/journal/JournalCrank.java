package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.Storage;

/** Takes the place of the threads of the journal and of the pager, so that a test decides when they work. */
public final class JournalCrank {
    private final Journal journal;
    private final List<Journal.Entry> group = new ArrayList<>();
    private final Wakes wakes;

    /** For a journal that is never started. */
    public JournalCrank(Journal journal, Shards shards) {
        this.journal = journal;
        this.wakes = shards.newWakes();
    }

    /** Writes one group of what waits; false if nothing does, or the storage has failed. */
    public boolean turn() {
        return !journal.hasFailed() && journal.writeGroup(group, wakes);
    }

    /** A pager whose work is done by the caller's executor. */
    public static Pager pager(
            Storage storage,
            Journal journal,
            DeliveryRecords records,
            Shards shards,
            Quarantine quarantine,
            ScheduledExecutorService threads) {
        return new Pager(storage, journal, records, shards, quarantine, threads);
    }
}
