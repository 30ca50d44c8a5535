package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Publishes as fast as its window allows, or at a fixed rate. Belongs to the event loop of its connection; {@link #arrived} may be
 * called from any.
 */
final class Publisher implements Traffic {
    /** Nothing has happened for so long: what is under way is not waited for. */
    private static final long STALL = TimeUnit.SECONDS.toNanos(3);

    private static final int IDS = 65536;

    private final BenchLoop loop;
    private final PublishTemplate[] templates;
    private final int qos;
    private final Window window;
    private final AtomicBoolean pumpIsDue = new AtomicBoolean();
    private final BitSet idsInUse = new BitSet();
    /** When the message with this packet identifier was sent, or was due. */
    private final long[] times;

    private @Nullable Link link;
    private @Nullable CompletableFuture<Void> phase;
    private int lastId;
    private long sequence;
    private long left;
    private long deadline;
    private long start;
    private double interval;
    private long sentInPhase;
    private long lastProgress;
    private long lastProgressTime;

    /** @param templates one for each topic, taken in turn */
    Publisher(BenchLoop loop, PublishTemplate[] templates, int qos, Window window) {
        this.loop = loop;
        this.templates = templates.clone();
        this.qos = qos;
        this.window = window;
        this.times = new long[qos == 0 ? 0 : IDS];
    }

    /**
     * Publishes until the quota is sent or the deadline has come.
     *
     * @param interval nanoseconds from one message to the next; 0: as fast as the window allows
     * @param start when the first message is due, with an interval
     * @return complete when all of them have arrived, are acknowledged, or are given up; from any thread
     */
    CompletableFuture<Void> run(long quota, long deadline, double interval, long start) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            phase = done;
            left = quota;
            this.deadline = deadline;
            this.interval = interval;
            this.start = start;
            sentInPhase = 0;
            lastProgressTime = System.nanoTime();
            if (interval > 0) {
                loop.pace();
            } else {
                pump();
            }
        });
        return done;
    }

    /** So many copies have arrived, or are known to be lost. */
    void arrived(long copies) {
        window.arrived(copies);
        pumpSoon();
    }

    /** All that has happened in this round of the loop is answered by one write, at its end. */
    private void pumpSoon() {
        if (!pumpIsDue.get() && pumpIsDue.compareAndSet(false, true)) {
            loop.execute(() -> {
                pumpIsDue.set(false);
                pump();
            });
        }
    }

    private void pump() {
        pump(System.nanoTime());
    }

    private void pump(long now) {
        CompletableFuture<Void> running = phase;
        Link open = link;
        if (running == null || open == null) {
            return;
        }
        if (now - deadline >= 0) {
            left = 0;
        }
        while (left > 0 && open.writable() && window.open()) {
            long time = now;
            if (interval > 0) {
                // The time at which it should have been sent: a broker that holds us up does not make its latency look
                // better.
                time = due();
                if (time - now > 0) {
                    break;
                }
            }
            int packetId = 0;
            if (qos > 0) {
                packetId = nextId();
                times[packetId] = time;
            }
            templates[(int) (sequence % templates.length)].write(open.out(), packetId, sequence, time);
            window.sent();
            loop.stats().sent++;
            sequence++;
            sentInPhase++;
            left--;
        }
        open.flush();
        if (left == 0 && window.idle()) {
            phase = null;
            running.complete(null);
        }
    }

    private long due() {
        return start + (long) (sentInPhase * interval);
    }

    /** Sends what is due, with a fixed rate; returns nanoseconds until the next, or the largest number when there is none. */
    long pumpPaced(long now) {
        if (phase == null || interval == 0) {
            return Long.MAX_VALUE;
        }
        pump(now);
        return phase == null || left == 0 ? Long.MAX_VALUE : Math.max(0, due() - now);
    }

    private int nextId() {
        do {
            lastId = lastId == IDS - 1 ? 1 : lastId + 1;
        } while (idsInUse.get(lastId));
        idsInUse.set(lastId);
        return lastId;
    }

    /** Called now and then: ends a phase whose time is up, or in which nothing happens any more. */
    void tick() {
        if (phase == null) {
            return;
        }
        long now = System.nanoTime();
        if (window.progress() != lastProgress || window.idle()) {
            lastProgress = window.progress();
            lastProgressTime = now;
        } else if (now - lastProgressTime > STALL) {
            window.giveUp();
            idsInUse.clear();
            lastProgressTime = now;
        }
        pump(now);
    }

    @Override
    public void opened(Link opened, int receiveMaximum) {
        link = opened;
        window.receiveMaximum(receiveMaximum);
        loop.add(this);
    }

    @Override
    public void ack(Link from, int type, int packetId, int reasonCode) {
        if (type != Packets.PUBCOMP && idsInUse.get(packetId)) {
            loop.stats().ackLatency(from.now() - times[packetId]);
        }
        if (type == Packets.PUBREC && reasonCode < 0x80) {
            Packets.writeAck(from.out(), Packets.PUBREL, packetId); // MQTT-4.3.3-4
            return;
        }
        if (!idsInUse.get(packetId)) {
            return;
        }
        idsInUse.clear(packetId);
        if (reasonCode < 0x80) {
            window.acked();
        } else {
            loop.stats().refused++;
            window.refused();
        }
    }

    @Override
    public void readComplete(Link from) {
        from.flush();
        pumpSoon();
    }

    @Override
    public void writable() {
        pumpSoon();
    }

    @Override
    public void publish(Link from, ByteBuf buffer, int payload, int length, int messageQos, int packetId) {
        throw new BenchException("a publisher that subscribed to nothing was sent a message");
    }
}
