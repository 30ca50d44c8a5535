package org.ternmq.broker.session;

import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.ClientRecord;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.WillRecord;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.WriteBatch;

/**
 * The will of a session: kept with it from the moment its connection is accepted (MQTT-3.1.2-7), published when the
 * connection breaks and the delay has run out or the session has ended (MQTT-3.1.2-8), then forgotten (MQTT-3.1.2-10).
 *
 * <p>Owner: the session.
 */
final class Will {
    private final Session session;
    private final Router router;
    private final Events events;
    private @Nullable WillMessage message;
    private long dueAt = WillRecord.CONNECTED;
    private @Nullable Future<?> timer;
    /** Whether the store has one that has to be removed if there is none any more. */
    private boolean stored;
    /** Who left it, before the broker was started again. */
    private ClientRecord former = ClientRecord.UNKNOWN;
    /** One of a former client whose rules are being fetched; the store has it until they are there. */
    private boolean judged = true;

    Will(Session session, SessionServices services) {
        this.session = session;
        this.router = services.router();
        this.events = services.events();
    }

    /** The will of a connection that is about to be accepted, or none. */
    void set(@Nullable WillMessage will) {
        message = will;
        dueAt = WillRecord.CONNECTED;
    }

    /** What brings the store in line with this; to be run by the journal. */
    Consumer<WriteBatch> record() {
        WillMessage will = message;
        if (will != null) {
            stored = true;
            Client client = session.lastClient();
            WillRecord record = new WillRecord(will, dueAt, client == null ? former : ClientRecord.of(client.info()));
            return batch -> batch.put(Keyspaces.WILLS, session.clientId(), record);
        }
        if (stored && judged) {
            stored = false;
            return batch -> batch.delete(Keyspaces.WILLS, session.clientId());
        }
        return batch -> {};
    }

    /** The client said goodbye, or was never accepted. */
    void drop() {
        message = null;
        cancelTimer();
    }

    /** Another connection takes the place of the one that left this will. */
    void displaced(boolean sessionGoesOn, Shard shard) {
        WillMessage will = message;
        if (will == null) {
            return;
        }
        if (sessionGoesOn && will.delayInterval() > 0) {
            message = null; // the client is back before the delay has run out (MQTT-3.1.3-9)
        } else {
            publish(shard);
        }
    }

    /** A client comes while the delay runs. */
    void resumed(boolean sessionGoesOn, Shard shard) {
        cancelTimer();
        if (message != null) {
            if (sessionGoesOn) {
                message = null; // MQTT-3.1.3-9
            } else {
                publish(shard);
            }
        }
    }

    /** The connection broke and the session goes on. */
    void connectionLost(Shard shard, long expiryInterval) {
        WillMessage will = message;
        if (will == null) {
            return;
        }
        if (will.delayInterval() == 0) {
            publish(shard);
            return;
        }
        long delay = Math.min(will.delayInterval(), expiryInterval) * 1000;
        dueAt = shard.now() + delay;
        schedule(shard, delay);
    }

    /** The session ends: a will that waits does not wait longer. */
    void sessionEnded(Shard shard) {
        cancelTimer();
        if (message != null) {
            publish(shard);
        }
    }

    /** Puts back what was found in the store: a broker that was killed has broken the connection. */
    void restore(@Nullable WillRecord record, Shard shard, boolean wasConnected, long expiryInterval) {
        if (record == null) {
            return;
        }
        stored = true;
        message = record.will();
        former = record.client();
        if (wasConnected || record.dueAt() == WillRecord.CONNECTED) {
            connectionLost(shard, expiryInterval);
        } else {
            dueAt = record.dueAt();
            schedule(shard, Math.max(0, dueAt - shard.now()));
        }
        if (message == null) {
            session.store(record(), null);
        }
    }

    private void schedule(Shard shard, long delayMillis) {
        timer = shard.schedule(
                () -> {
                    timer = null;
                    if (message != null) {
                        publish(shard);
                        session.store(record(), null);
                    }
                },
                delayMillis);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void publish(Shard shard) {
        WillMessage will = message;
        if (will == null) {
            return;
        }
        message = null;
        Client client = session.lastClient();
        if (client != null) {
            publish(shard, will, client.permissions());
            return;
        }
        judged = false;
        session.fetchFormerPermissions(former, permissions -> {
            judged = true;
            publish(session.home(), will, permissions);
            session.storeUnlessEnded(record());
        });
    }

    private void publish(Shard shard, WillMessage will, Permissions permissions) {
        if (!permissions.mayPublish(will.topic(), will.qos(), will.retain())) {
            events.denied(session.clientId(), "publish", will.topic().toString());
            return;
        }
        // Its Message Expiry Interval begins now (MQTT 5.0, 3.1.3.2.4).
        ApplicationMessage published = ApplicationMessage.arrived(
                will.topic(),
                will.qos(),
                will.retain(),
                will.payload(),
                will.properties(),
                shard.now(),
                session.clientId());
        router.route(shard, published, null);
    }
}
