package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.WriteBatch;

/**
 * Group commit. Anyone appends entries; one thread takes all that are waiting, has each write itself into one batch, gives
 * the batch to the storage, and then tells the entries that they are safe, in the order in which they were appended. A
 * group is whatever came in while the one before was written, so it is as large as the load makes it and an idle journal
 * writes at once.
 *
 * <p>A write that fails is final: nothing is told to be safe any more, and the broker is asked to end.
 */
public final class Journal implements AutoCloseable {
    /** Something to be made durable as a whole. */
    public interface Entry {
        /**
         * Adds its changes. Called once on the journal's thread when its group is due, so late that changes which have
         * become needless meanwhile can be left out. Must not throw.
         */
        void write(WriteBatch batch);

        /** The changes are safe. Called on the journal's thread; must only hand on. */
        void committed(Wakes wakes);

        /** Bytes it keeps in memory, roughly; the same at each call. */
        int weight();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final int MAX_GROUP = 8_192;
    private static final long MAX_GROUP_BYTES = 8L << 20;
    /** Beyond these, whoever appends is asked to stop reading until its entries are safe. */
    private static final int OVERLOAD_ENTRIES = 65_536;

    private static final long OVERLOAD_BYTES = 32L << 20;

    private final Storage storage;
    private final Durability durability;
    private final Shards shards;
    private final Metrics metrics;
    private final Consumer<Throwable> onFailure;
    private final MpscUnboundedArrayQueue<Entry> queue = new MpscUnboundedArrayQueue<>(1024);
    private final AtomicInteger pendingEntries = new AtomicInteger();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicLong sequence;
    private final Thread thread;
    private volatile boolean idle;
    private volatile boolean closing;
    private volatile boolean failed;
    /** Odd while a group is written. */
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * A journal on an open storage; {@link #start} begins its work.
     *
     * @param lastSequence the highest sequence number found in the store
     * @param onFailure is told, on the journal's thread, of the write that failed
     */
    public Journal(
            Storage storage,
            Durability durability,
            long lastSequence,
            Shards shards,
            Metrics metrics,
            Consumer<Throwable> onFailure) {
        this.storage = storage;
        this.durability = durability;
        this.sequence = new AtomicLong(lastSequence);
        this.shards = shards;
        this.metrics = metrics;
        this.onFailure = onFailure;
        this.thread = new Thread(this::run, "journal");
    }

    /** Begins to write. */
    public void start() {
        thread.start();
    }

    /** The next sequence number, from any thread; each is higher than all before it, also over restarts. */
    public long nextSequence() {
        return sequence.incrementAndGet();
    }

    /** Adds an entry behind all others, from any thread; never blocks. */
    public void append(Entry entry) {
        pendingEntries.getAndIncrement();
        pendingBytes.getAndAdd(entry.weight());
        queue.offer(entry);
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether publishers should stop reading for a while. */
    public boolean overloaded() {
        return pendingEntries.get() > OVERLOAD_ENTRIES || pendingBytes.get() > OVERLOAD_BYTES;
    }

    /** Entries not yet safe. */
    public int pendingEntries() {
        return pendingEntries.get();
    }

    /** Has it watched whether it goes on: a group that is written for too long is told. */
    public void watchedBy(LoopWatch watch) {
        watch.watch("journal", thread, turn);
    }

    /** Whether a write failed, so that nothing more becomes safe. */
    public boolean hasFailed() {
        return failed;
    }

    private void run() {
        List<Entry> group = new ArrayList<>(MAX_GROUP);
        Wakes wakes = shards.newWakes();
        while (!failed) {
            if (writeGroup(group, wakes)) {
                continue;
            }
            if (closing && queue.isEmpty()) {
                return;
            }
            idle = true;
            if (queue.isEmpty() && !closing && !failed) {
                LockSupport.park(this);
            }
            idle = false;
        }
    }

    /**
     * Writes what waits as one group. On the journal's thread, or on that of a test which takes its place.
     *
     * @return false if nothing waits, or if the write failed, after which nothing is to be written any more
     */
    boolean writeGroup(List<Entry> group, Wakes wakes) {
        Entry first = queue.relaxedPoll();
        if (first == null) {
            return false;
        }
        turn.lazySet(turn.getPlain() + 1);
        try {
            commit(first, group, wakes);
            turn.lazySet(turn.getPlain() + 1);
            return true;
        } catch (RuntimeException | Error e) {
            failed = true;
            LOG.error("The storage failed; nothing more is acknowledged", e);
            onFailure.accept(e);
            return false;
        }
    }

    private void commit(Entry first, List<Entry> group, Wakes wakes) {
        WriteBatch batch = new WriteBatch();
        long bytes = 0;
        for (Entry entry = first; entry != null; entry = queue.relaxedPoll()) {
            group.add(entry);
            entry.write(batch);
            bytes += entry.weight();
            if (group.size() >= MAX_GROUP || bytes >= MAX_GROUP_BYTES) {
                break;
            }
        }
        long begin = System.nanoTime();
        if (!batch.isEmpty()) {
            storage.write(List.of(batch), durability);
        }
        long nanos = System.nanoTime() - begin;
        for (Entry entry : group) {
            entry.committed(wakes);
        }
        shards.send(wakes);
        pendingEntries.getAndAdd(-group.size());
        pendingBytes.getAndAdd(-bytes);
        metrics.groupCommitted(group.size(), nanos);
        group.clear();
    }

    /** Writes what was appended before, then ends. Waits for the thread. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
