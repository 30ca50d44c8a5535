package org.ternmq.system;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Plays scripts on several threads until there were enough or something went wrong. Any thread may ask it. */
final class FuzzRun {
    private static final int WORKERS = 12;
    /** More than are played at once: a lost buffer is not reported before the next collection. */
    private static final int REMEMBERED = 20 * WORKERS;

    private final FuzzBroker broker;
    private final long seed;
    private final BooleanSupplier wrong;
    private final FuzzClient.Figures figures = new FuzzClient.Figures();
    private final AtomicLong started = new AtomicLong();
    private final Deque<FuzzScript> latest = new ArrayDeque<>();
    private volatile Optional<Throwable> failure = Optional.empty();

    /**
     * Plays nothing yet.
     *
     * @param wrong asked after every script whether somebody else has noticed something
     */
    FuzzRun(FuzzBroker broker, long seed, BooleanSupplier wrong) {
        this.broker = broker;
        this.seed = seed;
        this.wrong = wrong;
    }

    /** The script of a number: the same for the same seed. */
    static FuzzScript script(long seed, long number) {
        return new FuzzGrammar(seed * 0x9E37_79B9_7F4A_7C15L + number).script();
    }

    /** Plays scripts until somebody has had enough of them, and returns when all are done. */
    void play(BooleanSupplier enough) throws InterruptedException {
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            Thread worker = new Thread(() -> work(enough), "fuzz-" + i);
            worker.setDaemon(true);
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
    }

    private void work(BooleanSupplier enough) {
        while (!isFailed() && !enough.getAsBoolean()) {
            FuzzScript script = script(seed, started.getAndIncrement());
            remember(script);
            try {
                FuzzClient.play(broker.port(), script, figures);
            } catch (IOException | RuntimeException | AssertionError e) {
                failure = Optional.of(e);
            }
        }
    }

    private void remember(FuzzScript script) {
        synchronized (latest) {
            latest.addFirst(script);
            if (latest.size() > REMEMBERED) {
                latest.removeLast();
            }
        }
    }

    /** Whether something has gone wrong. */
    boolean isFailed() {
        return failure.isPresent() || broker.isFaulty() || wrong.getAsBoolean();
    }

    /** What a client saw that should not be. */
    Optional<Throwable> failure() {
        return failure;
    }

    /** The scripts of which one, or several together, may be the cause; the newest first. */
    List<FuzzScript> latest() {
        synchronized (latest) {
            return List.copyOf(latest);
        }
    }

    long started() {
        return started.get();
    }

    FuzzClient.Figures figures() {
        return figures;
    }
}
