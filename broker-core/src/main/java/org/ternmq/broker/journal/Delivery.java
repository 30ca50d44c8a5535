package org.ternmq.broker.journal;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.QoS;

/**
 * A message as one subscriber gets it: at the granted QoS, with the RETAIN flag and the Subscription Identifiers of its
 * subscription.
 *
 * <p>A delivery that is not stored is immutable, and shared by all subscribers for which it is the same. A stored one
 * belongs to one session; its state tells whether the journal has written it yet, so that one that was acknowledged before
 * its group was due is never written.
 */
public final class Delivery {
    /** No Subscription Identifiers. */
    public static final int[] NO_IDENTIFIERS = {};

    private static final int NEW = 0;
    private static final int WRITTEN = 1;
    private static final int SETTLED = 2;

    private static final AtomicIntegerFieldUpdater<Delivery> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Delivery.class, "state");

    private final ApplicationMessage message;
    private final QoS qos;
    private final boolean retain;
    private final int[] subscriptionIdentifiers;
    private final long sequence;

    @SuppressWarnings("UnusedVariable") // by its updater
    private volatile int state;

    /** Written by the session, read by the journal when it writes the record; 0 before it is known. */
    private volatile int packetId;
    /** Owned by the journal's thread: the number of the body where it is stored apart from the record, else 0. */
    private long bodyId;

    private boolean released;
    /** The shared subscription it came by, as its members wrote it. */
    private @Nullable String group;
    /** Whether several subscribers get this same object, so that it is worth keeping the encoded packet. */
    private boolean shared;

    private volatile byte @Nullable [] encoded3;
    private volatile byte @Nullable [] encoded5;

    private Delivery(
            ApplicationMessage message,
            QoS qos,
            boolean retain,
            int[] subscriptionIdentifiers,
            long sequence,
            int state) {
        this.message = message;
        this.qos = qos;
        this.retain = retain;
        this.subscriptionIdentifiers = subscriptionIdentifiers;
        this.sequence = sequence;
        this.state = state;
    }

    /** One that lives in memory only. */
    public static Delivery unstored(ApplicationMessage message, QoS qos, boolean retain, int[] identifiers) {
        return new Delivery(message, qos, retain, identifiers, 0, SETTLED);
    }

    /** One that is to be written under this sequence number of its session. */
    public static Delivery stored(
            ApplicationMessage message, QoS qos, boolean retain, int[] identifiers, long sequence) {
        return new Delivery(message, qos, retain, identifiers, sequence, NEW);
    }

    /** One that was found in the store. */
    static Delivery recovered(ApplicationMessage message, QueueRecord record, long sequence) {
        Delivery delivery =
                new Delivery(message, record.qos(), record.retain(), record.identifiers(), sequence, WRITTEN);
        delivery.packetId = record.packetId();
        delivery.released = record.released();
        delivery.group = record.group();
        delivery.bodyId = record.bodyId();
        return delivery;
    }

    /** The message. */
    public ApplicationMessage message() {
        return message;
    }

    /** The lower of the message's and the granted QoS (MQTT-3.8.4-8). */
    public QoS qos() {
        return qos;
    }

    /** The RETAIN flag to send (MQTT-3.3.1-12, MQTT-3.3.1-13). */
    public boolean retain() {
        return retain;
    }

    /** The Subscription Identifiers to send, in any order (MQTT-3.3.4-4); not to be changed. */
    public int[] subscriptionIdentifiers() {
        return subscriptionIdentifiers;
    }

    /** Its place in the session's order and key in the store, or 0 if it is not stored. */
    public long sequence() {
        return sequence;
    }

    /** Whether it is, or is to be, in the store. */
    public boolean isStored() {
        return sequence != 0;
    }

    /** The packet identifier it was given, 0 before that. Meaningful for stored ones only. */
    public int packetId() {
        return packetId;
    }

    /** Notes the packet identifier for the next write of the record; by the session. */
    public void packetId(int id) {
        packetId = id;
    }

    /** Whether a PUBREC was taken for it, so that PUBREL is what is outstanding; of recovered ones. */
    public boolean isReleased() {
        return released;
    }

    /** The shared subscription that it came by, null if by others; what is not finished may then go to another member. */
    public @Nullable String group() {
        return group;
    }

    /** Notes, before it is offered to anybody, the shared subscription that it comes by. */
    public Delivery by(String sharedSubscription) {
        group = sharedSubscription;
        return this;
    }

    /** Notes, before it is offered to anybody, that several subscribers may get it. */
    public void shared() {
        shared = qos == QoS.AT_MOST_ONCE;
    }

    /** Whether it is at QoS 0 and several subscribers may get it. */
    public boolean isShared() {
        return shared;
    }

    /** The packet as it was encoded for some other subscriber of this kind of version, or null. */
    public byte @Nullable [] encoded(MqttVersion version) {
        return version.hasProperties() ? encoded5 : encoded3;
    }

    /** Keeps an encoded packet for the other subscribers; two threads may both do so. */
    public void encoded(MqttVersion version, byte[] packet) {
        if (version.hasProperties()) {
            encoded5 = packet;
        } else {
            encoded3 = packet;
        }
    }

    /** Takes the right to write it. False if it was settled before. Only for the journal. */
    boolean beginWrite() {
        return STATE.compareAndSet(this, NEW, WRITTEN);
    }

    /** Notes that the session is done with it. True if it was (or is being) written and so has to be removed. */
    boolean settle() {
        return !STATE.compareAndSet(this, NEW, SETTLED) && STATE.getAndSet(this, SETTLED) == WRITTEN;
    }

    /** Whether its session is done with it. */
    boolean isSettled() {
        return state == SETTLED;
    }

    long bodyId() {
        return bodyId;
    }

    void bodyId(long id) {
        bodyId = id;
    }

    @Override
    public String toString() {
        return message + " at " + qos + " #" + sequence;
    }
}
