package org.ternmq.broker.session;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.Traces;
import org.ternmq.broker.protocol.ApplicationMessage;

/**
 * The end of messages for one client, delivered or dropped: their records go, and what is dropped is counted and told.
 *
 * <p>Owner: the session; counting and reading counts is for any thread.
 */
final class Disposal {
    /** In place of the topic of a message that is not in memory. */
    private static final String UNKNOWN = "-";

    private final Session session;
    private final DeliveryRecords records;
    private final Metrics metrics;
    private final Events events;
    /** Drops by reason; null before the first, which most sessions never see. */
    private volatile @Nullable AtomicLongArray counts;

    Disposal(Session session, SessionServices services) {
        this.session = session;
        this.records = services.records();
        this.metrics = services.metrics();
        this.events = services.events();
    }

    /** Counts a copy that was dropped before it waited. Any thread. */
    void count(Delivery delivery, DropReason reason) {
        count(reason, 1);
        trace(delivery, reason);
    }

    private void trace(Delivery delivery, DropReason reason) {
        Traces traces = events.traces();
        if (traces.isOn()) {
            ApplicationMessage message = delivery.message();
            traces.tell(
                    session.clientId(),
                    message.publisher(),
                    message.topic(),
                    "dropped",
                    d -> d.message(message).put("why", reason.word()));
        }
    }

    private void count(DropReason reason, long number) {
        metrics.dropped(reason, number);
        AtomicLongArray byReason = counts;
        if (byReason == null) {
            synchronized (this) {
                byReason = counts;
                if (byReason == null) {
                    byReason = new AtomicLongArray(DropReason.values().length);
                    counts = byReason;
                }
            }
        }
        byReason.addAndGet(reason.ordinal(), number);
    }

    /** Copies that were dropped. Any thread. */
    long dropped(DropReason reason) {
        AtomicLongArray byReason = counts;
        return byReason == null ? 0 : byReason.get(reason.ordinal());
    }

    /** Those of all reasons that there were any for, by {@link DropReason#word}. Any thread. */
    Map<String, Long> drops() {
        Map<String, Long> drops = new HashMap<>();
        for (DropReason reason : DropReason.values()) {
            long number = dropped(reason);
            if (number > 0) {
                drops.put(reason.word(), number);
            }
        }
        return drops;
    }

    /** Drops a copy, with its record. */
    void drop(Delivery delivery, DropReason reason) {
        count(reason, 1);
        trace(delivery, reason);
        tell(reason, delivery.message().topic().toString());
        settle(delivery);
    }

    /** Counts copies that are dropped without having been read from the store. */
    void dropUnseen(DropReason reason, int number) {
        if (number > 0) {
            count(reason, number);
            tell(reason, UNKNOWN);
        }
    }

    private void tell(DropReason reason, String topic) {
        if (reason != DropReason.SESSION_ENDED) {
            events.dropped(session.clientId(), reason, topic);
        }
    }

    /** The session is done with it: its record goes, if there is or will be one. */
    void settle(Delivery delivery) {
        if (DeliveryRecords.settle(delivery)) {
            session.store(batch -> records.remove(batch, session.clientId(), delivery), null);
        }
    }
}
