package org.ternmq.broker.observe;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.ClientInfo;

/**
 * What waits for one listener, and the thread that tells it. Bounded in events and in the bytes of their texts, which clients
 * choose. A listener whose queue overflows is told how many events it lost, before the next one, at most once a second.
 */
final class EventQueue {
    static final int EVENTS = 10_000;
    static final long BYTES = 16 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(EventQueue.class);
    private static final long BETWEEN_REPORTS = TimeUnit.SECONDS.toNanos(1);
    private static final int OVERHEAD = 200;

    /** Not told: has the thread look again at what there is to do. */
    private record Wake(Instant at) implements BrokerEvent {}

    private final Events.Named named;
    private final Metrics metrics;
    private final Clock clock;
    private final BlockingQueue<BrokerEvent> queue = new ArrayBlockingQueue<>(EVENTS);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final Thread thread;
    private volatile boolean ending;
    private volatile boolean givenUp;
    private long nextReport = System.nanoTime();

    /** Starts the thread. */
    EventQueue(Events.Named named, Metrics metrics, Clock clock) {
        this.named = named;
        this.metrics = metrics;
        this.clock = clock;
        this.thread = new Thread(this::run, "events-" + named.name());
        thread.setDaemon(true);
        thread.setContextClassLoader(PluginScope.loaderOf(named.listener()));
        thread.start();
    }

    /** Any thread; does not block. */
    void tell(BrokerEvent event) {
        long size = size(event);
        if (bytes.addAndGet(size) > BYTES || !queue.offer(event)) {
            bytes.addAndGet(-size);
            lost.incrementAndGet();
            if (queue.isEmpty()) {
                queue.offer(new Wake(event.at())); // the thread has emptied it meanwhile, and may not know of the loss
            }
        }
    }

    private void run() {
        while (!givenUp) {
            try {
                BrokerEvent event = next();
                if (event == null) {
                    break;
                }
                if (!(event instanceof Wake)) {
                    bytes.addAndGet(-size(event));
                    hand(event);
                }
                reportLoss();
            } catch (InterruptedException e) {
                // by the end, or by a listener that interrupts its own thread and is told on
            }
        }
        if (givenUp) {
            LOG.warn("{} takes too long to end and loses {} events", named.name(), queue.size() + lost.get());
        }
        try {
            named.listener().close();
        } catch (Throwable e) {
            LOG.warn("{} failed to close", named.name(), e);
        }
    }

    private @Nullable BrokerEvent next() throws InterruptedException {
        return ending ? queue.poll() : queue.take();
    }

    private void hand(BrokerEvent event) {
        try {
            named.listener().onEvent(event);
        } catch (Throwable e) {
            metrics.pluginFailed(named.name());
            LOG.error("{} failed on a {}", named.name(), event.getClass().getSimpleName(), e);
        }
    }

    /** Called after each event, and whoever loses one sees to it that there is another. */
    private void reportLoss() {
        long now = System.nanoTime();
        if (lost.get() > 0 && (queue.isEmpty() || now - nextReport >= 0)) {
            nextReport = now + BETWEEN_REPORTS;
            long count = lost.getAndSet(0);
            LOG.warn("{} is too slow and has lost {} events", named.name(), count);
            hand(new BrokerEvent.EventsLost(clock.instant(), count));
        }
    }

    /** Lets the thread end once it has told what waits. */
    void end() {
        ending = true;
        queue.offer(new Wake(clock.instant())); // where there is no room, there is no need
    }

    String name() {
        return named.name();
    }

    /** Gives what came after the end to another. */
    void moveTo(EventQueue other) {
        for (BrokerEvent event = queue.poll(); event != null; event = queue.poll()) {
            if (!(event instanceof Wake)) {
                other.tell(event);
            }
        }
    }

    /** Waits for the thread, and interrupts it where this takes too long; false if it does not end even so. */
    boolean awaitEnd(long deadline) {
        try {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            if (thread.isAlive()) {
                givenUp = true;
                thread.interrupt();
                thread.join(TimeUnit.SECONDS.toMillis(1));
            }
        } catch (InterruptedException e) {
            givenUp = true;
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /** Roughly what an event keeps in memory that would not be there without it. */
    private static long size(BrokerEvent event) {
        long characters = 0;
        if (event instanceof BrokerEvent.ClientConnected e) {
            characters = size(e.client());
        } else if (event instanceof BrokerEvent.ClientDisconnected e) {
            characters = size(e.client()) + e.detail().length();
        } else if (event instanceof BrokerEvent.ClientRefused e) {
            characters = (long) e.clientId().map(String::length).orElse(0)
                    + e.username().map(String::length).orElse(0)
                    + e.detail().length();
        } else if (event instanceof BrokerEvent.Subscribed e) {
            characters = (long) e.clientId().length() + e.filter().length();
        } else if (event instanceof BrokerEvent.Unsubscribed e) {
            characters = (long) e.clientId().length() + e.filter().length();
        } else if (event instanceof BrokerEvent.SessionEnded e) {
            characters = e.clientId().length();
        } else if (event instanceof BrokerEvent.AccessDenied e) {
            characters = (long) e.clientId().length() + e.topic().length();
        }
        return OVERHEAD + 2 * characters;
    }

    private static long size(ClientInfo client) {
        long characters = (long) client.clientId().length()
                + client.username().map(String::length).orElse(0);
        for (var attribute : client.attributes().entrySet()) {
            characters +=
                    (long) attribute.getKey().length() + attribute.getValue().length();
        }
        return characters;
    }
}
