package org.ternmq.broker.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;

/**
 * Messages with a packet identifier that are not finished, in the order in which they were sent. Identifiers are given out
 * in turn, so the messages lie in a ring of which each identifier names a place: finding one needs no search and no object.
 *
 * <p>Owner: the session.
 */
final class Inflight {
    /** How far a message has come. */
    enum Stage {
        /** QoS 2, stored: its identifier is being written; it goes out after that. */
        STORING_IDENTIFIER,
        /** To be sent for the first time. */
        READY,
        /** Sent; PUBACK or PUBREC is due. */
        SENT,
        /** Sent on an earlier connection; to be sent again with DUP. */
        RESEND,
        /** QoS 2: PUBREC came and is being written; PUBREL goes out after that. */
        STORING_RELEASE,
        /** QoS 2: PUBREL is out or due; PUBCOMP is awaited. */
        RELEASED
    }

    /** Identifiers go from 1 to this. */
    static final int IDENTIFIERS = 65_535;

    private static final @Nullable Delivery[] NO_DELIVERIES = {};
    private static final @Nullable Stage[] NO_STAGES = {};
    private static final int FIRST_CAPACITY = 8;

    /** A power of two long, or of no length as long as there was nothing to send: most sessions of a large broker are away. */
    private @Nullable Delivery[] deliveries = NO_DELIVERIES;

    private @Nullable Stage[] stages = NO_STAGES;
    /** The identifier of the first place, and where it lies in the arrays. */
    private int firstId = 1;

    private int firstPlace;
    /** Places in use from the first one, holes included. */
    private int span;

    private int size;

    /** Messages not finished. */
    int size() {
        return size;
    }

    /** Whether an identifier is free (MQTT-2.2.1-4). */
    boolean hasRoom() {
        return span < IDENTIFIERS;
    }

    private int place(int offset) {
        return (firstPlace + offset) & (deliveries.length - 1);
    }

    private int offsetOf(int packetId) {
        int offset = packetId - firstId;
        return offset < 0 ? offset + IDENTIFIERS : offset;
    }

    /** The identifier of an offset. */
    int idAt(int offset) {
        int id = firstId + offset;
        return id > IDENTIFIERS ? id - IDENTIFIERS : id;
    }

    /** Adds a message behind all others and gives it an identifier (MQTT-4.3.2-1, MQTT-4.3.3-1). */
    int add(Delivery delivery, Stage stage) {
        if (span == deliveries.length) {
            grow(span + 1);
        }
        int place = place(span);
        deliveries[place] = delivery;
        stages[place] = stage;
        size++;
        return idAt(span++);
    }

    /** Puts back a message under the identifier it had in an earlier life of the broker; in the order of sending. */
    void restore(int packetId, Delivery delivery, Stage stage) {
        if (size == 0) {
            firstId = packetId;
            span = 0;
        }
        int offset = offsetOf(packetId);
        if (offset >= deliveries.length) {
            grow(offset + 1);
        }
        int place = place(offset);
        if (deliveries[place] == null) {
            size++;
        }
        deliveries[place] = delivery;
        stages[place] = stage;
        span = Math.max(span, offset + 1);
    }

    private void grow(int needed) {
        int capacity = Math.max(FIRST_CAPACITY, deliveries.length);
        while (capacity < needed) {
            capacity *= 2;
        }
        @Nullable Delivery[] moreDeliveries = new @Nullable Delivery[capacity];
        @Nullable Stage[] moreStages = new @Nullable Stage[capacity];
        for (int i = 0; i < span; i++) {
            moreDeliveries[i] = deliveries[place(i)];
            moreStages[i] = stages[place(i)];
        }
        deliveries = moreDeliveries;
        stages = moreStages;
        firstPlace = 0;
    }

    /** The unfinished message of an identifier, or null. */
    @Nullable
    Delivery get(int packetId) {
        int offset = offsetOf(packetId);
        return offset < span ? deliveries[place(offset)] : null;
    }

    /** How far the message of an identifier is; null if there is none. */
    @Nullable
    Stage stage(int packetId) {
        int offset = offsetOf(packetId);
        return offset < span ? stages[place(offset)] : null;
    }

    /** Notes how far the message of an identifier in use is. */
    void stage(int packetId, Stage stage) {
        stages[place(offsetOf(packetId))] = stage;
    }

    /** Finishes the message of an identifier in use. */
    void remove(int packetId) {
        int place = place(offsetOf(packetId));
        deliveries[place] = null;
        stages[place] = null;
        size--;
        while (span > 0 && deliveries[firstPlace] == null) {
            firstId = idAt(1);
            firstPlace = place(1);
            span--;
        }
    }

    /** Forgets all messages. */
    void clear() {
        Arrays.fill(deliveries, null);
        Arrays.fill(stages, null);
        span = 0;
        size = 0;
    }

    /** Offsets that {@link #at} and {@link #stageAt} answer for: 0 to this, exclusive. */
    int span() {
        return span;
    }

    /** The message at an offset in the order of sending, null for one that is finished. */
    @Nullable
    Delivery at(int offset) {
        return deliveries[place(offset)];
    }

    /** Its stage. */
    @Nullable
    Stage stageAt(int offset) {
        return stages[place(offset)];
    }
}
