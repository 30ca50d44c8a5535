package org.ternmq.broker.observe;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the event loops while plugins run on them, and names the one that does not come back, with where it is. It ends
 * nothing: Java cannot end a loop in somebody else's code, and an interrupt would close the clients' channels.
 *
 * <p>{@link #begin} and {@link #end} are called on event loops and cost a few nanoseconds. Safe for use by all threads.
 */
public final class LoopWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopWatch.class);
    private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int FRAMES = 8;

    /** One event loop. The turn is odd while a plugin runs; written by the loop, and by the watch what it has seen. */
    private static final class Slot {
        private final Thread thread = Thread.currentThread();
        private final AtomicInteger turn = new AtomicInteger();
        private String name = "";
        private int seenTurn;
        private long seenAt;
        private long tellAfter;
    }

    private final Metrics metrics;
    private final long patience;
    private final List<Slot> slots = new CopyOnWriteArrayList<>();
    private final ThreadLocal<Slot> own = ThreadLocal.withInitial(this::newSlot);
    private final AtomicLong stalls = new AtomicLong();
    private volatile boolean ended;

    /** Tells after a second. */
    public LoopWatch(Metrics metrics) {
        this(metrics, TimeUnit.SECONDS.toNanos(1));
    }

    LoopWatch(Metrics metrics, long patienceNanos) {
        this.metrics = metrics;
        this.patience = patienceNanos;
    }

    private synchronized Slot newSlot() {
        Slot slot = new Slot();
        if (slots.isEmpty()) {
            Thread thread = new Thread(this::run, "plugin-watch");
            thread.setDaemon(true);
            thread.setContextClassLoader(LoopWatch.class.getClassLoader());
            thread.start();
        }
        slots.add(slot);
        return slot;
    }

    /** A plugin is called on this thread. */
    void begin(String name) {
        Slot slot = own.get();
        slot.name = name;
        slot.turn.lazySet(slot.turn.getPlain() + 1);
    }

    /** It came back. */
    void end() {
        Slot slot = own.get();
        slot.turn.lazySet(slot.turn.getPlain() + 1);
    }

    private void run() {
        while (!ended) {
            LockSupport.parkNanos(this, Math.min(EVERY, patience / 2));
            for (Slot slot : slots) {
                look(slot, System.nanoTime());
            }
        }
    }

    private void look(Slot slot, long now) {
        int turn = slot.turn.get();
        if (turn != slot.seenTurn) {
            if (slot.tellAfter > patience) {
                LOG.warn("The event loop {} goes on after {} ms", slot.thread.getName(), millis(now - slot.seenAt));
            }
            slot.seenTurn = turn;
            slot.seenAt = now;
            slot.tellAfter = patience;
            return;
        }
        boolean inside = (turn & 1) == 1;
        if (inside && now - slot.seenAt >= slot.tellAfter) {
            if (slot.tellAfter == patience) {
                stalls.incrementAndGet();
                metrics.pluginFailed(slot.name);
            }
            slot.tellAfter *= 2;
            LOG.error(
                    "{} has held up the event loop {} for {} ms, and all clients on it wait. It is at\n{}",
                    slot.name,
                    slot.thread.getName(),
                    millis(now - slot.seenAt),
                    Stream.of(slot.thread.getStackTrace())
                            .limit(FRAMES)
                            .map(frame -> "\tat " + frame)
                            .collect(Collectors.joining("\n")));
        }
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    /** How often a plugin has held up an event loop. */
    public long stalls() {
        return stalls.get();
    }

    /** Ends the watch. */
    @Override
    public void close() {
        ended = true;
    }
}
