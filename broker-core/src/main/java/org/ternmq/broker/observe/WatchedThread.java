package org.ternmq.broker.observe;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that works in turns, and what is told of it when one of them takes too long.
 *
 * <p>Owner: the watch's thread, but for the methods that read.
 */
abstract class WatchedThread {
    private static final Logger LOG = LoggerFactory.getLogger(LoopWatch.class);
    private static final int FRAMES = 12;

    private final String name;
    private final long patience;
    private final IntSupplier turn;
    private int seenTurn;
    private long tellAfter;
    private volatile long seenAt = System.nanoTime();
    private volatile boolean inside;
    private volatile boolean told;
    private volatile long stalls;

    /**
     * Not looked at yet.
     *
     * @param patience nanoseconds that a turn may take
     * @param turn grows by one when a turn begins, so that it is odd, and when it ends
     */
    WatchedThread(String name, long patience, IntSupplier turn) {
        this.name = name;
        this.patience = patience;
        this.turn = turn;
        this.tellAfter = patience;
    }

    final String name() {
        return name;
    }

    /** Null while it is not known, since it has never answered. */
    abstract @Nullable Thread thread();

    /** Looks, and tells what there is to tell; what was lost to all threads does not count. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread only
    void look(long now, long lost) {
        int current = turn.getAsInt();
        if (current != seenTurn) {
            if (told) {
                wentOn(TimeUnit.NANOSECONDS.toMillis(now - seenAt));
            }
            seenTurn = current;
            seenAt = now;
            tellAfter = patience;
            told = false;
            inside = (current & 1) == 1;
            return;
        }
        seenAt += lost;
        if (inside && now - seenAt >= tellAfter) {
            if (!told) {
                stalls++;
                told = true;
                first();
            }
            tellAfter *= 2;
            told(TimeUnit.NANOSECONDS.toMillis(now - seenAt), where());
        }
    }

    private String where() {
        Thread known = thread();
        return known == null
                ? "\tan unknown place: it has not answered since the start"
                : Stream.of(known.getStackTrace())
                        .limit(FRAMES)
                        .map(frame -> "\tat " + frame)
                        .collect(Collectors.joining("\n"));
    }

    /** It has taken so long, and is there. */
    void told(long millis, String where) {
        LOG.error("Thread {} has not gone on for {} ms. It is at\n{}", name, millis, where);
    }

    /** Before it is told for the first time. */
    void first() {}

    /** It was told, and goes on. */
    void wentOn(long millis) {
        LOG.warn("Thread {} goes on after {} ms", name, millis);
    }

    final boolean isTold() {
        return told;
    }

    /** How often it took too long. Any thread. */
    final long stalls() {
        return stalls;
    }

    /** For how long it has been in this turn, if that is too long; else 0. Any thread. */
    final long stalledNanos(long now) {
        return told ? now - seenAt : 0;
    }
}
