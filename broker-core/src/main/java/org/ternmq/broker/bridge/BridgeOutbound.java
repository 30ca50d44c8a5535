package org.ternmq.broker.bridge;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

/**
 * Messages from the broker to a bridge: what was handed over and is not completed. A failed completion has all of it handed
 * over again, in order, after a pause.
 *
 * <p>Owner: the home loop of the bridge's session; what the bridge's worker does says so.
 */
final class BridgeOutbound {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeOutbound.class);
    /** QoS 0 messages that may wait for the bridge's worker. */
    private static final int UNACKNOWLEDGED = 10_000;

    private record Item(org.ternmq.broker.journal.Delivery delivery, int number, boolean dup) {}

    private record Handed(Message message, int number, boolean isRepeated) implements Delivery {}

    private final String name;
    private final Shard home;
    private final LoopQueue loop;
    private final Metrics metrics;
    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30));
    private final Map<Integer, Item> inFlight = new LinkedHashMap<>();
    private final Set<Integer> releasing = new LinkedHashSet<>();
    private final AtomicInteger pendingUnacknowledged = new AtomicInteger();
    /** Counts hand-overs of all that is not completed: what an earlier one left to do is void. */
    private volatile int attempt;

    private @Nullable Session session;
    /** Who takes messages; none while the bridge is being made anew. */
    private @Nullable BridgeLink to;

    private boolean pausing;
    private volatile boolean full;
    private final LongAdder carried = new LongAdder();
    private int attempts;

    BridgeOutbound(String name, Shard home, LoopQueue loop, Metrics metrics) {
        this.name = name;
        this.home = home;
        this.loop = loop;
        this.metrics = metrics;
    }

    /** Messages completed by the bridge, so far. Any thread. */
    long carried() {
        return carried.sum();
    }

    void connected(Session from) {
        session = from;
    }

    /** What is in flight comes again from the session. */
    void disconnected() {
        session = null;
        attempt = ++attempts;
        inFlight.clear();
        releasing.clear();
    }

    /** A bridge is there: everything that is not completed goes to it. */
    void begin(BridgeLink receivers) {
        to = receivers;
        handOverAgain();
    }

    /** The bridge is not there any more. */
    void suspend() {
        to = null;
        attempt = ++attempts;
    }

    private void handOverAgain() {
        attempt = ++attempts;
        pausing = false;
        for (Item item : inFlight.values()) {
            handOver(new Item(item.delivery, item.number, true), item);
        }
        releasing.forEach(this::handRelease);
    }

    /** QoS 0: dropped if nobody is there to take it. */
    void publishUnacknowledged(org.ternmq.broker.journal.Delivery delivery) {
        BridgeLink receivers = to;
        if (receivers == null) {
            metrics.dropped(DropReason.SLOW_SUBSCRIBER);
            return;
        }
        full = pendingUnacknowledged.incrementAndGet() >= UNACKNOWLEDGED;
        Item item = new Item(delivery, 0, false);
        receivers.worker().execute(() -> {
            int left = pendingUnacknowledged.decrementAndGet();
            call(receivers, item);
            if (full && left < UNACKNOWLEDGED / 2) {
                loop.execute(this::writable);
            }
        });
    }

    private void writable() {
        full = pendingUnacknowledged.get() >= UNACKNOWLEDGED;
        Session from = session;
        if (!full && from != null) {
            from.writable();
        }
    }

    boolean isWritable() {
        return !full;
    }

    void publish(org.ternmq.broker.journal.Delivery delivery, int number, boolean dup) {
        Item item = new Item(delivery, number, dup);
        inFlight.put(number, item);
        if (!pausing) {
            handOver(item, item);
        }
    }

    private void handOver(Item item, Item known) {
        BridgeLink receivers = to;
        if (receivers == null) {
            return;
        }
        int now = attempt;
        receivers.worker().execute(() -> {
            if (now != attempt) {
                return;
            }
            CompletionStage<Void> completion = call(receivers, item);
            completion.whenComplete((done, error) -> loop.execute(() -> completed(known, now, error)));
        });
    }

    /** On the bridge's worker. */
    private CompletionStage<Void> call(BridgeLink receivers, Item item) {
        org.ternmq.broker.journal.Delivery delivery = item.delivery;
        Message message = MessageProperties.toSpi(delivery.message(), home.now());
        if (message.qos() != delivery.qos() || message.retain() != delivery.retain()) {
            message = message.toBuilder()
                    .qos(delivery.qos())
                    .retain(delivery.retain())
                    .build();
        }
        return receivers.deliver(new Handed(message, item.number, item.dup));
    }

    private void completed(Item item, int handedBy, @Nullable Throwable error) {
        if (error != null) {
            failed(handedBy, error);
            return;
        }
        Session from = session;
        if (from == null || !inFlight.remove(item.number, item)) {
            return;
        }
        backoff.reset();
        carried.increment();
        if (item.delivery.qos() == QoS.AT_LEAST_ONCE) {
            from.pubAck(item.number);
        } else {
            from.pubRec(item.number, ReasonCode.SUCCESS);
        }
    }

    private void failed(int handedBy, Throwable error) {
        if (handedBy != attempt || pausing) {
            return; // those behind it fail alike
        }
        pausing = true;
        attempt = ++attempts;
        int mine = attempt;
        Duration pause = backoff.next();
        metrics.pluginFailed(name);
        LOG.warn(
                "Bridge '{}' did not take a message; {} are handed over again in {} ms: {}",
                name,
                inFlight.size(),
                pause.toMillis(),
                error.toString());
        home.schedule(
                () -> {
                    if (pausing && mine == attempt) {
                        handOverAgain();
                    }
                },
                pause.toMillis());
    }

    void release(int number) {
        if (releasing.add(number) && !pausing) {
            handRelease(number);
        }
    }

    private void handRelease(int number) {
        BridgeLink receivers = to;
        if (receivers == null) {
            return;
        }
        int now = attempt;
        receivers.worker().execute(() -> {
            if (now == attempt) {
                receivers
                        .releaseByAll(number)
                        .whenComplete((done, error) -> loop.execute(() -> released(number, now, error)));
            }
        });
    }

    private void released(int number, int handedBy, @Nullable Throwable error) {
        if (error != null) {
            failed(handedBy, error);
            return;
        }
        Session from = session;
        if (from != null && releasing.remove(number)) {
            from.pubComp(number);
        }
    }
}
