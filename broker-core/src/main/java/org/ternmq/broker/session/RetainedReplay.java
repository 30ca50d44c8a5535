package org.ternmq.broker.session;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.routing.RetainedCursor;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Subscription;
import org.ternmq.spi.QoS;

/**
 * The retained messages that a new subscription gets, sent as fast as the client takes them and outside its queue, so that
 * neither their number nor the queue's limit matters.
 *
 * <p>Owner: the session.
 */
final class RetainedReplay {
    /** Messages looked at in one turn, so that other clients of the loop get theirs however many there are. */
    private static final int TURN = 256;

    private final Session session;
    private final SessionServices services;
    private final RetainedMessages retained;
    private final Subscription subscription;
    private final RetainedCursor cursor;
    private final long mark;
    private final int[] identifiers;
    /** Found, but there was no room for it. */
    private @Nullable ApplicationMessage held;

    /** Of what is retained in one place, up to a mark. */
    RetainedReplay(
            Session session,
            SessionServices services,
            RetainedMessages retained,
            Subscription subscription,
            long mark) {
        this.session = session;
        this.services = services;
        this.retained = retained;
        this.subscription = subscription;
        this.cursor = retained.scan(subscription.filter());
        this.mark = mark;
        int identifier = subscription.subscriptionIdentifier();
        this.identifiers = identifier == 0 ? Delivery.NO_IDENTIFIERS : new int[] {identifier};
    }

    boolean isOf(Subscription other) {
        return subscription == other;
    }

    /** Sends what there is room for. True when there is nothing more to send. */
    boolean advance(OutboundFlow flow, ClientLink link) {
        for (int looked = 0; looked < TURN; looked++) {
            ApplicationMessage message = held;
            if (message == null) {
                RetainedCursor.Step step = cursor.next(mark, session.now());
                if (step == RetainedCursor.Step.END) {
                    return true;
                } else if (step == RetainedCursor.Step.NOT_YET) {
                    session.pumpLater();
                    return false;
                } else if (step == RetainedCursor.Step.EXPIRED) {
                    expired(cursor.message());
                    continue;
                }
                message = cursor.message();
            } else if (retained.get(message.topic()) != message) {
                held = null; // replaced meanwhile: the newer one came live
                continue;
            }
            QoS qos = message.qos().min(subscription.qos());
            if (!flow.hasRoomFor(link, qos)) {
                held = message;
                return false;
            }
            held = null;
            flow.send(link, delivery(message, qos)); // RETAIN 1, MQTT 5.0 3.3.1.3
        }
        session.pumpLater();
        return false;
    }

    /** Stored like any other, where the session is. */
    private Delivery delivery(ApplicationMessage message, QoS qos) {
        if (qos == QoS.AT_MOST_ONCE || !session.isPersistent()) {
            return Delivery.unstored(message, qos, true, identifiers);
        }
        long sequence = services.journal().nextSequence();
        Delivery delivery = Delivery.stored(message, qos, true, identifiers, sequence);
        session.store(batch -> services.records().put(batch, List.of(session.clientId()), List.of(delivery)), null);
        return delivery;
    }

    private void expired(ApplicationMessage message) {
        if (retained.removeIfSame(message)) {
            session.store(
                    batch -> {
                        if (retained.get(message.topic()) == null) {
                            batch.delete(Keyspaces.RETAINED, message.topic());
                        }
                    },
                    null);
        }
    }
}
