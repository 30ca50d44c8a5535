package org.ternmq.broker.session;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * What the client of a session may do, and how that is kept current when rules change.
 *
 * <p>Owner: the session.
 */
final class Rights {
    private final Session session;
    private final Authentication authentication;
    private @Nullable Client client;

    Rights(Session session, Authentication authentication) {
        this.session = session;
        this.authentication = authentication;
    }

    /** Who was connected last, null if nobody was since the broker's start. */
    @Nullable
    Client client() {
        return client;
    }

    /** Another connection, another client. */
    void of(Client connecting) {
        client = connecting;
    }

    /** Asks for the rules anew. */
    void fetch() {
        Client known = client;
        if (known != null && !session.hasEnded() && !known.permissions().areFixed()) {
            authentication.refresh(known.info(), fresh -> session.tell(s -> fetched(known, fresh)));
        }
    }

    private void fetched(Client known, Permissions fresh) {
        Client now = client;
        if (session.hasEnded() || now == null || now.info() != known.info()) {
            return; // it has connected anew meanwhile, with fresh rules
        }
        if (now.permissions().isNewerThan(fresh)) {
            return; // the answer to an earlier question came late
        }
        client = new Client(known.info(), fresh);
        session.restrict(fresh);
    }

    /** The client has proven anew who it is. */
    void changed(Client fresh) {
        client = fresh;
        session.restrict(fresh.permissions());
        keepCurrent();
    }

    /** Fetches rules again that changed between the moment they were fetched and now. */
    void keepCurrent() {
        if (!areCurrent()) {
            fetch();
        }
    }

    /** Whether the client, if there is one, has rules that were fetched after the last change. */
    boolean areCurrent() {
        Client known = client;
        return known == null || known.permissions().areFixed() || authentication.isCurrent(known.permissions());
    }

    boolean mayReceive(Delivery delivery) {
        return mayReceive(delivery.message().topic(), delivery.qos());
    }

    boolean mayReceive(TopicName topic, QoS qos) {
        Client known = client;
        return known == null
                || !known.permissions().checksDeliveries()
                || known.permissions().mayReceive(topic, qos);
    }

    /** Whether the client might subscribe to exactly this topic. */
    boolean maySubscribe(TopicName topic, QoS qos) {
        Client known = client;
        return known == null || known.permissions().maySubscribe(TopicFilter.parse(topic.toString()), qos);
    }
}
