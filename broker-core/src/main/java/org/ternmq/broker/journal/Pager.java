package org.ternmq.broker.journal;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Storage;
import org.ternmq.spi.WriteBatch;

/**
 * Reads messages back that sessions have left in the store, on a few threads of its own: event loops never read.
 *
 * <p>Each request goes through the journal first, as an entry without changes: when that is committed, everything is in the
 * store that was appended before. A copy can reach its session a moment before the loop of its publisher has appended it;
 * so if a record is not found, all loops are asked to finish their turn, the journal is passed once more, and only
 * then the record counts as lost.
 *
 * <p>Safe for use by all threads.
 */
public final class Pager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pager.class);
    private static final int THREADS = 2;
    private static final long KEPT_BODIES = 8L << 20;
    private static final long RETRY_MILLIS = 1_000;
    private static final long END_SECONDS = 10;
    private static final int WEIGHT = 128;

    private final Storage storage;
    private final Journal journal;
    private final DeliveryRecords records;
    private final Shards shards;
    private final Quarantine quarantine;
    private final ScheduledExecutorService threads;
    /** Sessions that wait for the same messages often do so at the same time. A body's number is never used again. */
    private final Cache<Long, ApplicationMessage> bodies = Caffeine.newBuilder()
            .maximumWeight(KEPT_BODIES)
            .weigher((Long id, ApplicationMessage message) -> message.footprint())
            .executor(Runnable::run)
            .build();

    /** Reads from this storage what goes in by this journal. */
    public Pager(Storage storage, Journal journal, DeliveryRecords records, Shards shards, Quarantine quarantine) {
        this(storage, journal, records, shards, quarantine, newThreads());
    }

    /** The same with threads of the caller's. */
    Pager(
            Storage storage,
            Journal journal,
            DeliveryRecords records,
            Shards shards,
            Quarantine quarantine,
            ScheduledExecutorService threads) {
        this.storage = storage;
        this.journal = journal;
        this.records = records;
        this.shards = shards;
        this.quarantine = quarantine;
        this.threads = threads;
    }

    private static ScheduledExecutorService newThreads() {
        AtomicInteger number = new AtomicInteger();
        ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(
                THREADS,
                task -> {
                    Thread thread = new Thread(task, "pager-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return threads;
    }

    /**
     * Reads messages of a session.
     *
     * @param then gets them, on a thread of the pager; never if the broker ends before
     */
    public void read(String clientId, long[] sequences, Consumer<Page> then) {
        begin(new Reading(clientId, sequences, then), clientId, sequences);
    }

    /**
     * Removes records of a session, with the bodies that nothing else refers to.
     *
     * @param all whether all its records between the lowest and the highest number are to go, which is faster
     * @param then is told, on a thread of the pager, when the removal is with the journal; never if the broker ends before
     */
    public void remove(String clientId, long[] sequences, boolean all, Runnable then) {
        begin(new Removal(clientId, all, then), clientId, sequences);
    }

    /** Ends its threads, after what they are reading now. What was asked for and not begun is never answered. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A page is still being read from the store");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void begin(Work work, String clientId, long[] sequences) {
        long[] sorted = sequences.clone();
        Arrays.sort(sorted);
        journal.append(new Task(clientId, sorted, work));
    }

    /** What is done with the records that were asked for. */
    private interface Work {
        /** Before the records are shown, also for a second time. */
        void start(int size);

        /** A record: the place of its number among those asked for, in ascending order, and what it says. */
        void take(int place, long sequence, QueueRecord record);

        /** All records were shown that are there. */
        void finish(long[] sorted);
    }

    /** Waits for the journal, then shows the records to the work. */
    private final class Task implements Journal.Entry {
        private final String clientId;
        private final long[] sorted;
        private final Work work;
        private boolean again;

        Task(String clientId, long[] sorted, Work work) {
            this.clientId = clientId;
            this.sorted = sorted;
            this.work = work;
        }

        @Override
        public void write(WriteBatch batch) {}

        @Override
        public void committed(Wakes wakes) {
            threads.execute(this::run);
        }

        @Override
        public int weight() {
            return WEIGHT;
        }

        private void run() {
            try {
                work.start(sorted.length);
                if (scan() < sorted.length && !again) {
                    again = true;
                    whenAllLoopsHaveTurned(() -> journal.append(this));
                } else {
                    work.finish(sorted);
                }
            } catch (RuntimeException e) {
                LOG.error("Cannot read the queue of '{}'; it is tried again", clientId, e);
                threads.schedule(this::run, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        /** How many of the records there are; one that cannot be read is set aside as at the start, and not shown. */
        private int scan() {
            int found = 0;
            int at = 0;
            NumberedKey from = new NumberedKey(clientId, sorted[0]);
            NumberedKey to = new NumberedKey(clientId, sorted[sorted.length - 1] + 1);
            try (Cursor<NumberedKey, QueueRecord> cursor = storage.scan(Keyspaces.QUEUE, from, to)) {
                while (at < sorted.length && cursor.next()) {
                    long sequence = cursor.key().number();
                    while (at < sorted.length && sorted[at] < sequence) {
                        at++;
                    }
                    if (at == sorted.length || sorted[at] != sequence) {
                        continue;
                    }
                    found++;
                    try {
                        work.take(at, sequence, cursor.value());
                    } catch (CorruptRecordException e) {
                        quarantine.add(Keyspaces.QUEUE, cursor, e);
                        remove(clientId, List.of(sequence), List.of());
                    }
                }
            }
            return found;
        }
    }

    private void whenAllLoopsHaveTurned(Runnable action) {
        AtomicInteger busy = new AtomicInteger(shards.size());
        for (Shard shard : shards.all()) {
            shard.execute(() -> {
                if (busy.decrementAndGet() == 0) {
                    action.run();
                }
            });
        }
    }

    private void remove(String clientId, List<Long> sequences, List<Long> bodyIds) {
        journal.append(new Change(batch -> {
            sequences.forEach(sequence -> batch.delete(Keyspaces.QUEUE, new NumberedKey(clientId, sequence)));
            bodyIds.forEach(id -> records.release(batch, id));
        }));
    }

    /** A change that nobody waits for. */
    private record Change(Consumer<WriteBatch> changes) implements Journal.Entry {
        @Override
        public void write(WriteBatch batch) {
            changes.accept(batch);
        }

        @Override
        public void committed(Wakes wakes) {}

        @Override
        public int weight() {
            return WEIGHT;
        }
    }

    private final class Reading implements Work {
        private final String clientId;
        private final long[] asked;
        private final Consumer<Page> then;
        private @Nullable Delivery[] found = {};

        Reading(String clientId, long[] asked, Consumer<Page> then) {
            this.clientId = clientId;
            this.asked = asked;
            this.then = then;
        }

        @Override
        public void start(int size) {
            found = new @Nullable Delivery[size];
        }

        @Override
        public void take(int place, long sequence, QueueRecord record) {
            ApplicationMessage message = record.message();
            if (message == null) {
                message = body(record.bodyId());
            }
            if (message == null) {
                LOG.error("A message for '{}' has lost its body {}: removed", clientId, record.bodyId());
                remove(clientId, List.of(sequence), List.of(record.bodyId()));
            } else {
                found[place] = Delivery.recovered(message, record, sequence);
            }
        }

        @Override
        public void finish(long[] sorted) {
            @Nullable Delivery[] inOrder = new @Nullable Delivery[asked.length];
            for (int i = 0; i < asked.length; i++) {
                inOrder[i] = found[Arrays.binarySearch(sorted, asked[i])];
            }
            then.accept(new Page(inOrder));
        }
    }

    private @Nullable ApplicationMessage body(long id) {
        ApplicationMessage known = bodies.getIfPresent(id);
        if (known == null) {
            try {
                known = storage.get(Keyspaces.MESSAGES, id);
            } catch (CorruptRecordException e) {
                setBodyAside(id, e);
            }
            if (known != null) {
                bodies.put(id, known);
            }
        }
        return known;
    }

    private void setBodyAside(long id, CorruptRecordException problem) {
        try (Cursor<Long, ApplicationMessage> cursor = storage.scan(Keyspaces.MESSAGES, id, id + 1)) {
            if (cursor.next()) {
                quarantine.add(Keyspaces.MESSAGES, cursor, problem);
            }
        }
    }

    private final class Removal implements Work {
        private final String clientId;
        private final boolean all;
        private final Runnable then;
        private List<Long> sequences = List.of();
        private List<Long> bodyIds = List.of();

        Removal(String clientId, boolean all, Runnable then) {
            this.clientId = clientId;
            this.all = all;
            this.then = then;
        }

        @Override
        public void start(int size) {
            sequences = new ArrayList<>(size);
            bodyIds = new ArrayList<>();
        }

        @Override
        public void take(int place, long sequence, QueueRecord record) {
            sequences.add(sequence);
            if (record.bodyId() != 0) {
                bodyIds.add(record.bodyId());
            }
        }

        @Override
        public void finish(long[] sorted) {
            if (all) {
                NumberedKey from = new NumberedKey(clientId, sorted[0]);
                NumberedKey to = new NumberedKey(clientId, sorted[sorted.length - 1] + 1);
                List<Long> bodiesOf = bodyIds;
                journal.append(new Change(batch -> {
                    batch.deleteRange(Keyspaces.QUEUE, from, to);
                    bodiesOf.forEach(id -> records.release(batch, id));
                }));
            } else {
                remove(clientId, sequences, bodyIds);
            }
            then.run();
        }
    }
}
