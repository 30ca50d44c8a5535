package org.ternmq.broker.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether the broker's threads go on: the event loops, the journal, and plugins while they run on a loop. One that does not come
 * back is named, with where it is, once, and again each time that its time has doubled. It ends nothing: Java cannot end a loop in
 * somebody else's code, and an interrupt would close the clients' channels.
 *
 * <p>{@link #begin} and {@link #end} are called on event loops and cost a few nanoseconds. Safe for use by all threads.
 */
public final class LoopWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopWatch.class);
    private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PLUGIN_PATIENCE = TimeUnit.SECONDS.toNanos(1);

    private final Metrics metrics;
    private final long pluginPatience;
    private final long patience;
    private final List<WatchedThread> plugins = new CopyOnWriteArrayList<>();
    private final List<WatchedThread> threads = new CopyOnWriteArrayList<>();
    private final ThreadLocal<PluginCall> own = ThreadLocal.withInitial(this::newCall);
    private final AtomicLong stalls = new AtomicLong();
    private boolean begun;
    private volatile boolean ended;

    /** A plugin's calls on one event loop. The turn is odd while it runs. */
    private static final class PluginCall {
        private final AtomicInteger turn = new AtomicInteger();
        private String name = "";
    }

    /** Tells of plugins after a second, and of the broker's own threads after three. */
    public LoopWatch(Metrics metrics) {
        this(metrics, Duration.ofSeconds(3));
    }

    /**
     * Tells of plugins after a second.
     *
     * @param patience with the broker's own threads
     */
    public LoopWatch(Metrics metrics, Duration patience) {
        this(metrics, PLUGIN_PATIENCE, patience.toNanos());
    }

    LoopWatch(Metrics metrics, long pluginPatience, long patience) {
        this.metrics = metrics;
        this.pluginPatience = pluginPatience;
        this.patience = patience;
    }

    private PluginCall newCall() {
        PluginCall call = new PluginCall();
        Thread thread = Thread.currentThread();
        add(plugins, new WatchedThread(thread.getName(), pluginPatience, call.turn::get) {
            @Override
            Thread thread() {
                return thread;
            }

            @Override
            void told(long millis, String where) {
                LOG.error(
                        "{} has held up the event loop {} for {} ms, and all clients on it wait. It is at\n{}",
                        call.name,
                        name(),
                        millis,
                        where);
            }

            @Override
            void first() {
                stalls.incrementAndGet();
                metrics.pluginFailed(call.name);
            }

            @Override
            void wentOn(long millis) {
                LOG.warn("The event loop {} goes on after {} ms", name(), millis);
            }
        });
        return call;
    }

    /** A plugin is called on this thread. */
    void begin(String name) {
        PluginCall call = own.get();
        call.name = name;
        call.turn.lazySet(call.turn.getPlain() + 1);
    }

    /** It came back. */
    void end() {
        PluginCall call = own.get();
        call.turn.lazySet(call.turn.getPlain() + 1);
    }

    /**
     * Watches an event loop from now on, by asking it to answer.
     *
     * @param name for the log and the metrics
     * @param loop runs what it is given, soon
     */
    public void watch(String name, Executor loop) {
        addOwn(new AskedLoop(name, patience, loop, this::isToldAsPlugin));
    }

    /**
     * Watches a thread from now on that counts its own turns.
     *
     * @param name for the log and the metrics
     * @param turn odd while it works on one thing
     */
    public void watch(String name, Thread thread, AtomicInteger turn) {
        addOwn(new WatchedThread(name, patience, turn::get) {
            @Override
            Thread thread() {
                return thread;
            }
        });
    }

    private void addOwn(WatchedThread watched) {
        Gauge.builder("ternmq.thread.stalled.seconds", watched, w -> seconds(w.stalledNanos(System.nanoTime())))
                .description("How long a thread of the broker has not gone on; 0 if it does")
                .tag("thread", watched.name())
                .register(metrics.registry());
        FunctionCounter.builder("ternmq.thread.stalls", watched, WatchedThread::stalls)
                .description("How often a thread of the broker did not go on for too long")
                .tag("thread", watched.name())
                .register(metrics.registry());
        add(threads, watched);
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    /** The log has the plugin's name already. */
    private boolean isToldAsPlugin(Thread thread) {
        return plugins.stream().anyMatch(call -> thread.equals(call.thread()) && call.isTold());
    }

    private synchronized void add(List<WatchedThread> to, WatchedThread watched) {
        if (!begun) {
            begun = true;
            Thread thread = new Thread(this::run, "watch");
            thread.setDaemon(true);
            thread.setContextClassLoader(LoopWatch.class.getClassLoader());
            thread.start();
        }
        to.add(watched);
    }

    private void run() {
        long every = Math.min(EVERY, Math.min(pluginPatience, patience) / 2);
        long last = System.nanoTime();
        while (!ended) {
            LockSupport.parkNanos(this, every);
            long now = System.nanoTime();
            // If this thread itself was held up (the process stopped, the machine asleep), so were all others: no fault
            // of theirs.
            long lost = now - last > 5 * EVERY ? now - last - every : 0;
            last = now;
            plugins.forEach(watched -> watched.look(now, lost));
            threads.forEach(watched -> watched.look(now, lost));
        }
    }

    /** The broker's own threads that have not gone on for so long, each in words. */
    public List<String> stalled(Duration atLeast) {
        long now = System.nanoTime();
        return threads.stream()
                .filter(watched -> watched.stalledNanos(now) >= atLeast.toNanos())
                .map(watched -> "thread " + watched.name() + " has not gone on for "
                        + TimeUnit.NANOSECONDS.toSeconds(watched.stalledNanos(now)) + " s")
                .toList();
    }

    /** How often a plugin has held up an event loop. */
    public long stalls() {
        return stalls.get();
    }

    /** The broker's own threads are about to end: they are watched no more. */
    public void endThreads() {
        threads.clear();
    }

    /** Ends the watch. */
    @Override
    public void close() {
        ended = true;
    }
}
