package org.ternmq.broker.session;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.Discarded;
import org.ternmq.broker.journal.PagedTail;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.Traces;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.routing.Subscription;
import org.ternmq.broker.session.Inflight.Stage;
import org.ternmq.spi.QoS;

/**
 * Messages from the broker to one client: what is sent, what is in flight, and the acknowledgements.
 *
 * <p>Owner: the session.
 */
final class OutboundFlow {
    /** Whole seconds count: who is there gets also a message that may not wait for a second (MQTT 5.0, 3.3.2.3.3). */
    private static final long LIVE_GRACE_MILLIS = 999;

    private final Session session;
    private final DeliveryRecords records;
    private final Metrics metrics;
    private final Traces traces;
    private final Disposal disposal;
    private final WaitingQueue queue;
    private final Inflight inflight = new Inflight();
    private final ArrayDeque<RetainedReplay> replays = new ArrayDeque<>(0);
    private @Nullable ClientLink link;
    /** PUBLISH packets sent on this connection and not finished: what counts against the client's Receive Maximum. */
    private int quotaUsed;
    /**
     * Messages that go out as soon as their identifiers are safe. They have room kept for them, but are not yet what a PUBCOMP of
     * an earlier connection's flow gives quota back for (MQTT 5.0, 4.9).
     */
    private int reserved;
    /** Messages that have to be sent again before anything new is sent. */
    private int awaitingResend;
    /** Read by other threads to choose a member of a shared subscription. */
    private volatile int inFlight;

    /** Messages that may be in flight on this connection; read by other threads. */
    private volatile int window;

    OutboundFlow(Session session, SessionServices services, Disposal disposal) {
        this.session = session;
        this.records = services.records();
        this.metrics = services.metrics();
        this.traces = services.events().traces();
        this.disposal = disposal;
        this.queue = new WaitingQueue(session, services, disposal);
    }

    /** What waits. */
    WaitingQueue queue() {
        return queue;
    }

    int inFlight() {
        return inFlight;
    }

    /** Whether a message could go out at once. Any thread. */
    boolean hasWindow() {
        return inFlight < window;
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
            if (queue.add(delivery) && traces.isOn()) {
                queued(delivery);
            }
            queue.prefetch();
        }
    }

    private void queued(Delivery delivery) {
        ApplicationMessage message = delivery.message();
        traces.tell(
                session.clientId(),
                message.publisher(),
                message.topic(),
                "queued",
                d -> d.message(message)
                        .put("connected", link != null)
                        .put("inFlight", inflight.size())
                        .put("waiting", queue.size()));
    }

    private void deliverAtMostOnce(ClientLink to, Delivery delivery, long grace) {
        if (!to.isWritable()) {
            disposal.count(delivery, DropReason.SLOW_SUBSCRIBER);
        } else if (isExpired(delivery, grace)) {
            disposal.count(delivery, DropReason.EXPIRED);
        } else if (!session.mayReceive(delivery)) {
            disposal.count(delivery, DropReason.RECEIVE_DENIED);
        } else if (to.publish(delivery, 0, false)) {
            metrics.sent(QoS.AT_MOST_ONCE);
        } else {
            disposal.count(delivery, DropReason.TOO_LARGE);
        }
    }

    private boolean isExpired(Delivery delivery, long grace) {
        return delivery.message().expires() && delivery.message().isExpired(session.now() - grace);
    }

    private boolean mayStartNew(ClientLink to) {
        return awaitingResend == 0 && hasQuota(to) && inflight.hasRoom() && to.isWritable();
    }

    private boolean hasQuota(ClientLink to) {
        return quotaUsed + reserved < to.receiveMaximum(); // MQTT-3.3.4-9
    }

    /** Sends a message for the first time, or finds that it need not be sent. */
    private void start(ClientLink to, Delivery delivery, long grace) {
        if (isExpired(delivery, grace)) {
            disposal.drop(delivery, DropReason.EXPIRED); // MQTT-3.3.2-5
            return;
        }
        if (!session.mayReceive(delivery)) {
            disposal.drop(delivery, DropReason.RECEIVE_DENIED);
            return;
        }
        if (delivery.qos() == QoS.EXACTLY_ONCE && delivery.isStored()) {
            // The identifier has to be safe before the client sees it: a client that took the message must recognise it
            // when it is sent again after a crash.
            int packetId = inflight.add(delivery, Stage.STORING_IDENTIFIER);
            reserved++;
            countInFlight();
            delivery.packetId(packetId);
            session.store(
                    batch -> records.update(batch, session.clientId(), delivery, packetId, false),
                    () -> identifierStored(packetId, delivery));
            return;
        }
        boolean sentBefore = delivery.packetId() != 0; // before a crash; no other one waits with an identifier
        int packetId = inflight.add(delivery, Stage.SENT);
        if (!to.publish(delivery, packetId, sentBefore)) {
            inflight.remove(packetId);
            disposal.drop(delivery, DropReason.TOO_LARGE); // MQTT-3.1.2-25
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
            reserved--;
            quotaUsed++;
            if (to.publish(delivery, packetId, false)) { // MQTT-4.3.3-2
                metrics.sent(QoS.EXACTLY_ONCE);
            } else {
                finish(packetId);
                disposal.drop(delivery, DropReason.TOO_LARGE);
            }
        }
    }

    private void countInFlight() {
        inFlight = inflight.size();
    }

    /** The connection is accepted: what was in flight goes out again, then what waits. */
    void connected(ClientLink to) {
        link = to;
        queue.online(true);
        window = to.receiveMaximum();
        quotaUsed = 0;
        reserved = 0;
        awaitingResend = 0;
        for (int i = 0; i < inflight.span(); i++) {
            Stage stage = inflight.stageAt(i);
            if (stage == Stage.SENT) {
                inflight.stage(inflight.idAt(i), Stage.RESEND);
                awaitingResend++;
            } else if (stage == Stage.READY || stage == Stage.RESEND) {
                awaitingResend++;
            } else if (stage == Stage.STORING_IDENTIFIER) {
                reserved++;
            }
        }
        resendReleases(to);
        pump();
    }

    void disconnected() {
        link = null;
        queue.online(false);
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
        if (!ends) {
            queue.passOn(false);
        }
    }

    /** PUBREL goes out again on every connection, and needs no quota (MQTT-4.3.3-6). */
    private void resendReleases(ClientLink to) {
        for (int i = 0; i < inflight.span(); i++) {
            if (inflight.stageAt(i) == Stage.RELEASED) {
                to.pubRel(inflight.idAt(i), ReasonCode.SUCCESS);
            }
        }
    }

    /**
     * Sends again, in the original order, with the identifiers they had (MQTT-4.4.0-1, MQTT-4.6.0-1), but nothing that the
     * client has lost the right to.
     */
    private void resendPublishes(ClientLink to) {
        for (int i = 0; i < inflight.span() && awaitingResend > 0; i++) {
            Stage stage = inflight.stageAt(i);
            Delivery delivery = inflight.at(i);
            if (delivery == null || (stage != Stage.RESEND && stage != Stage.READY)) {
                continue;
            }
            int packetId = inflight.idAt(i);
            if (!session.mayStillReceive(delivery)) {
                awaitingResend--;
                if (stage == Stage.RESEND && delivery.qos() == QoS.EXACTLY_ONCE) {
                    // The client may have it, and then takes the identifier for this message's until it is released.
                    release(to, packetId, delivery);
                } else {
                    inflight.remove(packetId); // it was not counted on this connection
                    countInFlight();
                    disposal.drop(delivery, DropReason.RECEIVE_DENIED);
                    i = -1; // the offsets may have moved
                }
                continue;
            }
            if (!hasQuota(to) || !to.isWritable()) {
                return;
            }
            awaitingResend--;
            inflight.stage(packetId, Stage.SENT);
            quotaUsed++;
            if (to.publish(delivery, packetId, stage == Stage.RESEND)) { // MQTT-3.3.1-1
                metrics.sent(delivery.qos());
            } else {
                finish(packetId);
                disposal.drop(delivery, DropReason.TOO_LARGE);
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
        while (mayStartNew(to)) {
            Delivery next = queue.poll();
            if (next == null) {
                break;
            }
            start(to, next, 0);
        }
        queue.prefetch();
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
        disposal.settle(delivery);
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
                    disposal.settle(delivery);
                    pump();
                } else {
                    release(to, packetId, delivery);
                }
            }
            case RELEASED -> to.pubRel(packetId, ReasonCode.SUCCESS);
            case STORING_RELEASE -> {}
            case STORING_IDENTIFIER, READY ->
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "PUBREC for a message that was not sent");
        }
    }

    private void release(ClientLink to, int packetId, Delivery delivery) {
        if (delivery.isStored()) {
            // Safe before PUBREL goes out: after a crash the message must not be sent again.
            inflight.stage(packetId, Stage.STORING_RELEASE);
            session.store(
                    batch -> records.update(batch, session.clientId(), delivery, packetId, true),
                    () -> releaseStored(packetId, delivery));
        } else {
            inflight.stage(packetId, Stage.RELEASED);
            to.pubRel(packetId, ReasonCode.SUCCESS);
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
        disposal.settle(delivery);
        pump();
    }

    private void finish(int packetId) {
        inflight.remove(packetId);
        if (quotaUsed > 0) { // never above the initial quota: the flow may be of an earlier connection
            quotaUsed--;
        }
        countInFlight();
    }

    /** Puts back what was found in the store: what was in flight at QoS 2, in order, and what waits. */
    void restore(List<Delivery> begun, PagedTail waiting) {
        for (Delivery delivery : begun) {
            Stage stage = delivery.isReleased() ? Stage.RELEASED : Stage.RESEND;
            inflight.restore(delivery.packetId(), delivery, stage);
        }
        countInFlight();
        queue.restore(waiting);
    }

    /**
     * The session ends: everything is passed on, or dropped and counted, and its records removed.
     *
     * @return the note for the store, if there are records that will go only after the session's own
     */
    @Nullable
    Discarded discard() {
        replays.clear();
        passOn(true);
        for (int i = 0; i < inflight.span(); i++) {
            Delivery delivery = inflight.at(i);
            if (delivery != null) {
                disposal.drop(delivery, DropReason.SESSION_ENDED);
            }
        }
        // Whoever still knows of the session, such as matches that are kept, must not hold its messages.
        inflight.clear();
        return queue.discard();
    }
}
