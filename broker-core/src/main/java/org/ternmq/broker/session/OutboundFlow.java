package org.ternmq.broker.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.routing.Subscription;
import org.ternmq.broker.session.Inflight.Stage;
import org.ternmq.spi.QoS;

/**
 * Messages from the broker to one client: what waits, what is in flight, and the acknowledgements.
 *
 * <p>Owner: the session.
 */
final class OutboundFlow {
    /** Whole seconds count: who is there gets also a message that may not wait for a second (MQTT 5.0, 3.3.2.3.3). */
    private static final long LIVE_GRACE_MILLIS = 999;

    private final Session session;
    private final SessionLimits limits;
    private final Metrics metrics;
    private final Inflight inflight = new Inflight();
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>(0);
    private final ArrayDeque<RetainedReplay> replays = new ArrayDeque<>(0);
    private long queuedBytes;
    /** What of the queue the metrics have. */
    private int countedMessages;

    private long countedBytes;
    private @Nullable ClientLink link;
    /** PUBLISH packets sent on this connection and not finished: what counts against the client's Receive Maximum. */
    private int quotaUsed;
    /** Messages that have to be sent again before anything new is sent. */
    private int awaitingResend;
    /** Read by other threads to choose a member of a shared subscription. */
    private volatile int inFlight;

    /** Messages that may be in flight on this connection; read by other threads. */
    private volatile int window;

    /** Read by other threads to refuse what would only be dropped. */
    private volatile boolean full;

    OutboundFlow(Session session, SessionLimits limits, Metrics metrics) {
        this.session = session;
        this.limits = limits;
        this.metrics = metrics;
    }

    int inFlight() {
        return inFlight;
    }

    /** Messages that wait. */
    int queued() {
        return queue.size();
    }

    /** Bytes of the messages that wait. */
    long queuedBytes() {
        return queuedBytes;
    }

    boolean isFull() {
        return full;
    }

    /** Whether a message could go out at once. Any thread. */
    boolean hasWindow() {
        return inFlight < window;
    }

    private void countQueue() {
        metrics.queueChanged(queue.size() - countedMessages, queuedBytes - countedBytes);
        countedMessages = queue.size();
        countedBytes = queuedBytes;
        boolean now = queue.size() >= limits.queueMessages() || queuedBytes >= limits.queueBytes();
        if (now != full) {
            full = now;
        }
    }

    /** A copy for this client: goes out, or waits, or is dropped and counted. */
    void deliver(Delivery delivery) {
        ClientLink to = link;
        if (delivery.qos() == QoS.AT_MOST_ONCE) {
            if (to != null) {
                deliverAtMostOnce(to, delivery, LIVE_GRACE_MILLIS);
            }
            return;
        }
        if (to != null && queue.isEmpty() && mayStartNew(to)) {
            start(to, delivery, LIVE_GRACE_MILLIS);
        } else {
            enqueue(delivery);
        }
    }

    private void deliverAtMostOnce(ClientLink to, Delivery delivery, long grace) {
        if (!to.isWritable()) {
            metrics.dropped(DropReason.SLOW_SUBSCRIBER);
        } else if (isExpired(delivery, grace)) {
            metrics.dropped(DropReason.EXPIRED);
        } else if (!session.mayReceive(delivery)) {
            metrics.dropped(DropReason.RECEIVE_DENIED);
        } else if (to.publish(delivery, 0, false)) {
            metrics.sent(QoS.AT_MOST_ONCE);
        } else {
            metrics.dropped(DropReason.TOO_LARGE);
        }
    }

    private boolean isExpired(Delivery delivery, long grace) {
        return delivery.message().expires() && delivery.message().isExpired(session.now() - grace);
    }

    private void enqueue(Delivery delivery) {
        int bytes = delivery.message().footprint();
        if (queue.size() >= limits.queueMessages() || queuedBytes + bytes > limits.queueBytes()) {
            Delivery oldest = limits.dropOldest() ? queue.poll() : null;
            if (oldest == null) {
                drop(delivery, DropReason.QUEUE_FULL);
                return;
            }
            queuedBytes -= oldest.message().footprint();
            drop(oldest, DropReason.QUEUE_FULL);
        }
        queue.add(delivery);
        queuedBytes += bytes;
        countQueue();
    }

    private void drop(Delivery delivery, DropReason reason) {
        metrics.dropped(reason);
        session.dropped(delivery, reason);
        settle(delivery);
    }

    private void settle(Delivery delivery) {
        if (DeliveryRecords.settle(delivery)) {
            session.store(batch -> DeliveryRecords.remove(batch, session.clientId(), delivery), null);
        }
    }

    private boolean mayStartNew(ClientLink to) {
        return awaitingResend == 0 && quotaUsed < to.receiveMaximum() && inflight.hasRoom() && to.isWritable();
    }

    /** Sends a message for the first time, or finds that it need not be sent. */
    private void start(ClientLink to, Delivery delivery, long grace) {
        if (isExpired(delivery, grace)) {
            drop(delivery, DropReason.EXPIRED); // MQTT-3.3.2-5
            return;
        }
        if (!session.mayReceive(delivery)) {
            drop(delivery, DropReason.RECEIVE_DENIED);
            return;
        }
        if (delivery.qos() == QoS.EXACTLY_ONCE && delivery.isStored()) {
            // The identifier has to be safe before the client sees it: a client that took the message must recognise it
            // when it is sent again after a crash.
            int packetId = inflight.add(delivery, Stage.STORING_IDENTIFIER);
            quotaUsed++;
            countInFlight();
            delivery.packetId(packetId);
            session.store(
                    batch -> DeliveryRecords.update(batch, session.clientId(), delivery, packetId, false),
                    () -> identifierStored(packetId, delivery));
            return;
        }
        boolean sentBefore = delivery.packetId() != 0; // before a crash; no other one waits with an identifier
        int packetId = inflight.add(delivery, Stage.SENT);
        if (!to.publish(delivery, packetId, sentBefore)) {
            inflight.remove(packetId);
            drop(delivery, DropReason.TOO_LARGE); // MQTT-3.1.2-25
            return;
        }
        if (delivery.isStored()) {
            delivery.packetId(packetId);
        }
        quotaUsed++;
        countInFlight();
        metrics.sent(delivery.qos());
    }

    private void identifierStored(int packetId, Delivery delivery) {
        if (inflight.get(packetId) != delivery) {
            return;
        }
        ClientLink to = link;
        if (to == null) {
            inflight.stage(packetId, Stage.READY);
        } else {
            inflight.stage(packetId, Stage.SENT);
            if (to.publish(delivery, packetId, false)) { // MQTT-4.3.3-2
                metrics.sent(QoS.EXACTLY_ONCE);
            } else {
                finish(packetId);
                drop(delivery, DropReason.TOO_LARGE);
            }
        }
    }

    private void countInFlight() {
        inFlight = inflight.size();
    }

    /** The connection is accepted: what was in flight goes out again, then what waits. */
    void connected(ClientLink to) {
        link = to;
        window = to.receiveMaximum();
        quotaUsed = 0;
        awaitingResend = 0;
        for (int i = 0; i < inflight.span(); i++) {
            Stage stage = inflight.stageAt(i);
            if (stage == Stage.SENT) {
                inflight.stage(inflight.idAt(i), Stage.RESEND);
                awaitingResend++;
            } else if (stage == Stage.READY || stage == Stage.RESEND) {
                awaitingResend++;
            } else if (stage == Stage.STORING_IDENTIFIER) {
                quotaUsed++;
            }
        }
        resendReleases(to);
        pump();
    }

    void disconnected() {
        link = null;
        window = 0;
    }

    /**
     * The client leaves: others of the shared subscriptions get what it has not finished, as far as they can take it. What
     * was begun at QoS 2 stays with it (MQTT 5.0, 4.8.2).
     */
    void passOn(boolean ends) {
        for (int i = 0; i < inflight.span(); i++) {
            Delivery delivery = inflight.at(i);
            if (delivery != null
                    && delivery.group() != null
                    && delivery.qos() == QoS.AT_LEAST_ONCE
                    && session.passOn(delivery, ends)) {
                finish(inflight.idAt(i));
                i = -1; // the offsets may have moved
            }
        }
        queue.removeIf(delivery -> {
            if (delivery.group() == null || !session.passOn(delivery, ends)) {
                return false;
            }
            queuedBytes -= delivery.message().footprint();
            return true;
        });
        countQueue();
    }

    /** PUBREL goes out again on every connection, and needs no quota (MQTT-4.3.3-6). */
    private void resendReleases(ClientLink to) {
        for (int i = 0; i < inflight.span(); i++) {
            if (inflight.stageAt(i) == Stage.RELEASED) {
                to.pubRel(inflight.idAt(i), ReasonCode.SUCCESS);
            }
        }
    }

    /** Sends again, in the original order, with the identifiers they had (MQTT-4.4.0-1, MQTT-4.6.0-1). */
    private void resendPublishes(ClientLink to) {
        for (int i = 0; i < inflight.span() && awaitingResend > 0; i++) {
            Stage stage = inflight.stageAt(i);
            Delivery delivery = inflight.at(i);
            if (delivery == null || (stage != Stage.RESEND && stage != Stage.READY)) {
                continue;
            }
            if (quotaUsed >= to.receiveMaximum() || !to.isWritable()) {
                return;
            }
            int packetId = inflight.idAt(i);
            awaitingResend--;
            inflight.stage(packetId, Stage.SENT);
            quotaUsed++;
            if (to.publish(delivery, packetId, stage == Stage.RESEND)) { // MQTT-3.3.1-1
                metrics.sent(delivery.qos());
            } else {
                finish(packetId);
                drop(delivery, DropReason.TOO_LARGE);
                i = -1; // the offsets may have moved
            }
        }
    }

    /** Sends as much of what waits as window and socket take. */
    void pump() {
        ClientLink to = link;
        if (to == null) {
            return;
        }
        if (awaitingResend > 0) {
            resendPublishes(to);
        }
        while (!queue.isEmpty() && mayStartNew(to)) {
            Delivery next = queue.remove();
            queuedBytes -= next.message().footprint();
            countQueue();
            start(to, next, 0);
        }
        while (!replays.isEmpty() && queue.isEmpty()) {
            RetainedReplay replay = replays.getFirst();
            if (!replay.advance(this, to)) {
                return;
            }
            replays.remove(replay);
        }
    }

    /** Adds retained messages that a new subscription gets. */
    void replay(RetainedReplay replay) {
        replays.add(replay);
        pump();
    }

    /** Gives up retained messages of a subscription that is gone. */
    void cancelReplay(Subscription subscription) {
        replays.removeIf(replay -> replay.isOf(subscription));
    }

    /** Whether a message of this QoS could be sent now. */
    boolean hasRoomFor(ClientLink to, QoS qos) {
        return qos == QoS.AT_MOST_ONCE ? to.isWritable() : mayStartNew(to);
    }

    /** Sends a message for which there is room. */
    void send(ClientLink to, Delivery delivery) {
        if (delivery.qos() == QoS.AT_MOST_ONCE) {
            deliverAtMostOnce(to, delivery, 0);
        } else {
            start(to, delivery, 0);
        }
    }

    /** PUBACK came; an unknown identifier is ignored. */
    void pubAck(int packetId) {
        Delivery delivery = inflight.get(packetId);
        if (delivery == null) {
            return;
        }
        Stage stage = inflight.stage(packetId);
        if (delivery.qos() != QoS.AT_LEAST_ONCE || stage != Stage.SENT) {
            if (stage == Stage.RESEND) {
                awaitingResend--;
                quotaUsed++; // as if it had been sent again
            } else {
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "PUBACK for a QoS 2 message");
            }
        }
        finish(packetId);
        settle(delivery);
        pump();
    }

    /** PUBREC came: the message is the client's, what remains is to release the identifier. */
    void pubRec(int packetId, ReasonCode reasonCode) {
        Delivery delivery = inflight.get(packetId);
        Stage stage = inflight.stage(packetId);
        ClientLink to = link;
        if (to == null) {
            return;
        }
        if (delivery == null || stage == null) {
            if (!reasonCode.isError()) {
                to.pubRel(packetId, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
            }
            return;
        }
        if (delivery.qos() != QoS.EXACTLY_ONCE) {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "PUBREC for a QoS 1 message");
        }
        switch (stage) {
            case SENT, RESEND -> {
                if (stage == Stage.RESEND) {
                    awaitingResend--;
                    quotaUsed++;
                }
                if (reasonCode.isError()) { // MQTT-4.3.3-4, MQTT-4.4.0-2
                    finish(packetId);
                    settle(delivery);
                    pump();
                } else if (delivery.isStored()) {
                    // Safe before PUBREL goes out: after a crash the message must not be sent again.
                    inflight.stage(packetId, Stage.STORING_RELEASE);
                    session.store(
                            batch -> DeliveryRecords.update(batch, session.clientId(), delivery, packetId, true),
                            () -> releaseStored(packetId, delivery));
                } else {
                    inflight.stage(packetId, Stage.RELEASED);
                    to.pubRel(packetId, ReasonCode.SUCCESS);
                }
            }
            case RELEASED -> to.pubRel(packetId, ReasonCode.SUCCESS);
            case STORING_RELEASE -> {}
            case STORING_IDENTIFIER, READY ->
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "PUBREC for a message that was not sent");
        }
    }

    private void releaseStored(int packetId, Delivery delivery) {
        if (inflight.get(packetId) == delivery && inflight.stage(packetId) == Stage.STORING_RELEASE) {
            inflight.stage(packetId, Stage.RELEASED);
            if (link != null) {
                link.pubRel(packetId, ReasonCode.SUCCESS);
            }
        }
    }

    /** PUBCOMP came; an unknown identifier is ignored. */
    void pubComp(int packetId) {
        Delivery delivery = inflight.get(packetId);
        if (delivery == null) {
            return;
        }
        if (inflight.stage(packetId) != Stage.RELEASED) {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "PUBCOMP before PUBREL");
        }
        finish(packetId);
        settle(delivery);
        pump();
    }

    private void finish(int packetId) {
        inflight.remove(packetId);
        if (quotaUsed > 0) { // never above the initial quota: the flow may be of an earlier connection
            quotaUsed--;
        }
        countInFlight();
    }

    /** Puts back what was found in the store, in order. */
    void restore(List<Delivery> deliveries) {
        for (Delivery delivery : deliveries) {
            if (delivery.qos() == QoS.EXACTLY_ONCE && delivery.packetId() != 0) {
                Stage stage = delivery.isReleased() ? Stage.RELEASED : Stage.RESEND;
                inflight.restore(delivery.packetId(), delivery, stage);
            } else {
                queue.add(delivery);
                queuedBytes += delivery.message().footprint();
            }
        }
        countInFlight();
        countQueue();
    }

    /** Drops what waits and is not to be sent any more: the client has lost the right to it. */
    void discardUnless(Predicate<Delivery> wanted) {
        List<Delivery> kept = new ArrayList<>(queue.size());
        for (Delivery delivery : queue) {
            if (wanted.test(delivery)) {
                kept.add(delivery);
            } else {
                queuedBytes -= delivery.message().footprint();
                drop(delivery, DropReason.RECEIVE_DENIED);
            }
        }
        queue.clear();
        queue.addAll(kept);
        countQueue();
    }

    /** The session ends: everything is dropped and counted, and its records removed. */
    void discard() {
        replays.clear();
        passOn(true);
        for (int i = 0; i < inflight.span(); i++) {
            Delivery delivery = inflight.at(i);
            if (delivery != null) {
                drop(delivery, DropReason.SESSION_ENDED);
            }
        }
        for (Delivery delivery : queue) {
            drop(delivery, DropReason.SESSION_ENDED);
        }
        // Whoever still knows of the session, such as matches that are kept, must not hold its messages.
        inflight.clear();
        queue.clear();
        queuedBytes = 0;
        countQueue();
    }
}
