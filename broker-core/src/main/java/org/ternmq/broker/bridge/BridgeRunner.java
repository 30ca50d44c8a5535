package org.ternmq.broker.bridge;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.bridge.BridgeHost.Configured;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.State;

/**
 * Keeps one bridge running: one that throws at its start or does not return from a call is closed and made anew after a pause.
 * Safe for use by all threads.
 */
final class BridgeRunner {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeRunner.class);
    private static final long WATCH_MILLIS = 250;

    private volatile Configured configured;
    private final BridgeParts broker;
    private final String brokerId;
    private final Shard watch;
    private final long hangNanos;
    private final BridgeSession session;
    private final Backoff backoff;
    private final LongAdder failures = new LongAdder();
    /** Completes when the first start has gone well or has failed. */
    private final CompletableFuture<Void> tried = new CompletableFuture<>();

    private BridgeWorker worker;
    private @Nullable Bridge bridge;
    private @Nullable BridgeLink link;
    private boolean ending;

    BridgeRunner(Configured configured, BridgeParts broker, String brokerId, Duration hang, Duration firstPause) {
        this.configured = configured;
        this.broker = broker;
        this.brokerId = brokerId;
        this.hangNanos = hang.toNanos();
        this.backoff = new Backoff(firstPause, Duration.ofMinutes(1));
        this.session = new BridgeSession(configured.name(), configured.user(), broker);
        this.watch = broker.shards().forName(configured.name());
        this.worker = newWorker();
        this.bridge = configured.bridge();
    }

    private BridgeWorker newWorker() {
        return new BridgeWorker(configured.name(), configured.loader());
    }

    /** Completes when the bridge is at work for the first time, or has failed to be. */
    CompletableFuture<Void> start() {
        synchronized (this) {
            BridgeWorker mine = worker;
            mine.execute(() -> begin(mine));
        }
        watchLater();
        session.ready().thenRun(() -> tried.complete(null));
        return tried;
    }

    /** On the worker. */
    private void begin(BridgeWorker mine) {
        Bridge starting;
        BridgeLink to = new BridgeLink(session, mine, brokerId);
        try {
            Bridge made = bridgeOf(mine);
            starting = made == null ? mine.guarded(configured.again()) : made;
            if (!use(mine, starting, to)) {
                closeQuietly(mine, starting);
                return;
            }
            mine.guarded(() -> {
                starting.start(to);
                return to;
            });
        } catch (Exception | LinkageError | AssertionError e) {
            failed(mine, "cannot start: " + e, e);
            return;
        }
        if (isCurrent(mine)) {
            session.begin(to);
        }
    }

    private synchronized boolean isCurrent(BridgeWorker mine) {
        return worker == mine && !ending;
    }

    private synchronized @Nullable Bridge bridgeOf(BridgeWorker mine) {
        return worker == mine ? bridge : null;
    }

    private synchronized boolean use(BridgeWorker mine, Bridge starting, BridgeLink to) {
        if (worker != mine || ending) {
            return false;
        }
        bridge = starting;
        link = to;
        return true;
    }

    /** Closes a bridge that failed, on a new worker if its own does not come back, and has it made anew. */
    private void failed(BridgeWorker mine, String words, @Nullable Throwable cause) {
        Bridge old;
        BridgeWorker next;
        synchronized (this) {
            if (worker != mine || ending) {
                return;
            }
            old = bridge;
            bridge = null;
            if (link != null) {
                link.close();
                link = null;
            }
            next = newWorker();
            worker = next;
        }
        mine.end();
        session.suspend();
        failures.increment();
        broker.metrics().pluginFailed(configured.name());
        Duration pause = backoff.next();
        session.state(State.DISCONNECTED, "failed: " + words);
        LOG.error(
                "Bridge '{}' (plugin type '{}') {}; it is made anew in {} ms",
                configured.name(),
                configured.type(),
                words,
                pause.toMillis(),
                cause);
        tried.complete(null);
        if (old != null) {
            next.execute(() -> closeQuietly(next, old));
        }
        watch.schedule(() -> next.execute(() -> begin(next)), pause.toMillis());
    }

    Configured configured() {
        return configured;
    }

    /**
     * Another instance takes over: the old one is closed first, or given up if it does not come back, then the new one starts with
     * the session as it is. Completes when the old one is out.
     */
    CompletableFuture<Void> replace(Configured fresh) {
        BridgeWorker before;
        BridgeWorker next;
        Bridge old;
        synchronized (this) {
            if (ending) {
                return CompletableFuture.completedFuture(null);
            }
            before = worker;
            old = bridge;
            configured = fresh;
            bridge = fresh.bridge();
            if (link != null) {
                link.close();
                link = null;
            }
            next = newWorker();
            worker = next;
        }
        session.suspend();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        before.execute(() -> {
            if (old != null) {
                closeQuietly(before, old);
            }
            closed.complete(null);
        });
        return closed.orTimeout(BridgeHost.CLOSE_SECONDS, TimeUnit.SECONDS).whenComplete((done, late) -> {
            before.end();
            next.execute(() -> begin(next));
        });
    }

    private void closeQuietly(BridgeWorker mine, Bridge old) {
        try {
            mine.guarded(() -> {
                old.close();
                return old;
            });
        } catch (Exception | LinkageError | AssertionError e) {
            LOG.warn("Bridge '{}' failed to close", configured.name(), e);
        }
    }

    private void watchLater() {
        watch.schedule(this::look, WATCH_MILLIS);
    }

    private void look() {
        BridgeWorker mine;
        synchronized (this) {
            if (ending) {
                return;
            }
            mine = worker;
        }
        if (mine.busyNanos() > hangNanos) {
            failed(mine, "has not returned from a call for " + TimeUnit.NANOSECONDS.toSeconds(hangNanos) + " s", null);
        }
        watchLater();
    }

    BridgeStatus status() {
        return session.status(failures.sum());
    }

    /** Closes the bridge and leaves its session. Completes when that is done. */
    CompletableFuture<Void> end() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        BridgeWorker mine;
        Bridge old;
        BridgeLink from;
        synchronized (this) {
            ending = true;
            mine = worker;
            old = bridge;
            from = link;
            bridge = null;
        }
        mine.execute(() -> {
            if (old != null) {
                closeQuietly(mine, old);
            }
            done.complete(null);
        });
        return done.orTimeout(BridgeHost.CLOSE_SECONDS, TimeUnit.SECONDS)
                .handle((closed, error) -> {
                    if (error != null) {
                        LOG.warn("Bridge '{}' did not close in time", configured.name());
                    }
                    if (from != null) {
                        from.close();
                    }
                    mine.end();
                    return session.end();
                })
                .thenCompose(left -> left);
    }
}
