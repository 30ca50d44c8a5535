package org.ternmq.broker.bench;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many messages of one publisher are under way, and whether there may be one more. A message is under way until all its
 * copies have arrived and, with QoS 1 and 2, until it is acknowledged. Without this a generator measures how fast a
 * broker can be flooded: how much it buffers, and what it drops.
 *
 * <p>Belongs to the publisher's event loop; {@link #arrived} may be called from any.
 */
final class Window {
    private final int size;
    private final int copies;
    private final boolean acknowledged;

    private int limit;
    private long sent;
    private long acks;

    /** Copies that arrived, or that are known never to. */
    private final AtomicLong arrivals = new AtomicLong();

    /**
     * @param copies subscribers that each message goes to; 0 when nobody is there to count arrivals
     * @param acknowledged whether the broker acknowledges the messages: QoS 1 and 2
     */
    Window(int size, int copies, boolean acknowledged) {
        this.size = size;
        this.copies = copies;
        this.acknowledged = acknowledged;
        this.limit = size;
    }

    /** What the broker allows to be unacknowledged. */
    void receiveMaximum(int maximum) {
        limit = Math.min(size, maximum); // MQTT-3.3.4-9
    }

    /** Whether one more message may be sent. */
    boolean open() {
        return (!acknowledged || sent - acks < limit) && (sent + 1) * copies - arrivals.get() <= (long) size * copies;
    }

    void sent() {
        sent++;
    }

    /** One message was acknowledged. */
    void acked() {
        if (acks < sent) {
            acks++;
        }
    }

    /** Copies have arrived, or are known to be lost. */
    void arrived(long number) {
        arrivals.addAndGet(number);
    }

    /** One message was refused by the broker: its copies will not come. */
    void refused() {
        acked();
        arrivals.addAndGet(copies);
    }

    /** Whether nothing is under way. */
    boolean idle() {
        return (!acknowledged || acks >= sent) && arrivals.get() >= sent * copies;
    }

    /** Changes whenever something happens. */
    long progress() {
        return sent + acks + arrivals.get();
    }

    /** Stops waiting for what is under way. */
    void giveUp() {
        acks = sent;
        long due = sent * copies;
        arrivals.updateAndGet(n -> Math.max(n, due));
    }
}
