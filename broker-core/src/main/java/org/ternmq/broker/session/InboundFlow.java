package org.ternmq.broker.session;

import java.util.BitSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.Traces;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.Packet;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.Matches;
import org.ternmq.broker.routing.Publication;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.QoS;

/**
 * Messages from one client to the broker: the QoS 2 identifiers it has open, what is not safe yet, and the
 * acknowledgements, which leave in the order in which the messages came.
 *
 * <p>Owner: the session.
 */
final class InboundFlow {
    private final Session session;
    private final Router router;
    private final Journal journal;
    private final Interceptors interceptors;
    private final Metrics metrics;
    private final Events events;
    private final Traces traces;
    private final SessionLimits limits;
    /** QoS 2 identifiers between PUBLISH and PUBREL; null until the first. */
    private @Nullable BitSet open;
    /** Those of them whose message is not safe yet, so that PUBREC is still to come. */
    private @Nullable BitSet unsafe;
    /** Messages of this client that the journal has, and their order. */
    private int pendingCommits;
    /** QoS 1 and 2 messages of this connection that are not finished. */
    private int unfinished;

    private boolean readingPaused;

    InboundFlow(Session session, SessionServices services) {
        this.session = session;
        this.router = services.router();
        this.journal = services.journal();
        this.interceptors = services.interceptors();
        this.metrics = services.metrics();
        this.events = services.events();
        this.traces = events.traces();
        this.limits = services.limits();
    }

    /** A new connection: its Receive Maximum counts from nothing. */
    void connected() {
        unfinished = 0;
        readingPaused = false;
    }

    /** A PUBLISH with its topic already known. */
    void publish(Shard shard, ClientLink link, Client client, TopicName topic, Publish packet) {
        QoS qos = packet.qos();
        int packetId = packet.packetId();
        metrics.received(qos);
        if (qos == QoS.EXACTLY_ONCE && isOpen(packetId)) { // MQTT-4.3.3-10
            if (unsafe == null || !unsafe.get(packetId)) {
                link.pubRec(packetId, ReasonCode.SUCCESS);
            }
            return;
        }
        if (qos != QoS.AT_MOST_ONCE && unfinished >= receiveMaximum(link)) { // MQTT-3.3.4-7
            throw new DisconnectException(
                    ReasonCode.RECEIVE_MAXIMUM_EXCEEDED, "more than " + receiveMaximum(link) + " unfinished messages");
        }
        if (!client.permissions().mayPublish(topic, qos, packet.retain())) {
            metrics.dropped(DropReason.PUBLISH_DENIED);
            events.denied(session.clientId(), "publish", topic.toString());
            if (traces.isOn()) {
                Permissions permissions = client.permissions();
                traces.tell(
                        session.clientId(),
                        null,
                        topic,
                        "denied",
                        d -> d.put("action", "publish")
                                .put("topic", topic)
                                .later("rule", () -> permissions.whyPublish(topic, qos, packet.retain())));
            }
            refuse(link, qos, packetId, ReasonCode.NOT_AUTHORIZED);
            return;
        }
        long now = shard.now();
        ApplicationMessage message = ApplicationMessage.arrived(
                topic, qos, packet.retain(), packet.payload(), packet.properties(), now, session.clientId());
        if (limits.messageExpiryMillis() > 0) {
            message = message.expiringBy(now + limits.messageExpiryMillis());
        }
        if (!interceptors.isEmpty()) {
            Interceptors.Result result = interceptors.apply(client.info(), message, shard.now());
            if (result.message() == null) {
                if (traces.isOn()) {
                    traces.tell(
                            session.clientId(),
                            null,
                            topic,
                            "dropped",
                            d -> d.put("topic", topic)
                                    .put("why", DropReason.INTERCEPTED.word())
                                    .reason(result.reasonCode()));
                }
                refuse(link, qos, packetId, result.reasonCode());
                return;
            }
            message = result.message();
        }
        take(shard, link, message, packetId);
    }

    /** Who cannot keep to the limit has one all the same: the number of packet identifiers. */
    private int receiveMaximum(ClientLink link) {
        return link.keepsToReceiveMaximum() ? limits.receiveMaximum() : Packet.DEFAULT_RECEIVE_MAXIMUM;
    }

    private void take(Shard shard, ClientLink link, ApplicationMessage message, int packetId) {
        if (message.qos() == QoS.AT_MOST_ONCE) {
            if (traces.isOn()) {
                Matches matches = router.index().match(message.topic());
                routed(message, matches.plain().length + matches.shared().length);
            }
            router.route(shard, message, null);
            if (message.retain() && journal.overloaded()) {
                pauseReading(link);
            }
            return;
        }
        boolean exactlyOnce = message.qos() == QoS.EXACTLY_ONCE;
        Publication publication = Publication.of(
                message, session, packetId, link, exactlyOnce && session.isPersistent(), pendingCommits > 0);
        unfinished++;
        if (exactlyOnce) {
            open().set(packetId);
        }
        router.route(shard, message, publication);
        if (traces.isOn() && !publication.isRejected()) {
            routed(message, publication.recipients());
        }
        if (publication.isRejected()) {
            if (traces.isOn()) {
                traces.tell(
                        session.clientId(),
                        null,
                        message.topic(),
                        "dropped",
                        d -> d.message(message).put("why", publication.rejection()));
            }
            unfinished--;
            if (exactlyOnce) {
                open().clear(packetId);
            }
            if (!link.version().hasProperties()) {
                // No code can say it, and an acknowledgement would be a lie.
                if (limits.withholdFromOldClients()) {
                    return;
                }
                throw new DisconnectException(ReasonCode.QUOTA_EXCEEDED, publication.rejection());
            }
            refuse(link, message.qos(), packetId, ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        if (!publication.isPending()) {
            acknowledge(link, publication);
            return;
        }
        pendingCommits++;
        if (exactlyOnce) {
            unsafe().set(packetId);
        }
        if (journal.overloaded()) {
            pauseReading(link);
        }
    }

    private void routed(ApplicationMessage message, int recipients) {
        traces.tell(
                session.clientId(),
                null,
                message.topic(),
                "routed",
                d -> d.message(message).put("recipients", recipients));
    }

    private void pauseReading(ClientLink link) {
        if (!readingPaused) {
            readingPaused = true;
            link.pauseReading();
            if (pendingCommits == 0) { // nothing of its own to wait for: an entry without changes tells when to go on
                pendingCommits++;
                session.store(batch -> {}, () -> committedOne(session.link()));
            }
        }
    }

    private static void refuse(ClientLink link, QoS qos, int packetId, ReasonCode reasonCode) {
        switch (qos) {
            case AT_MOST_ONCE -> {}
            case AT_LEAST_ONCE -> link.pubAck(packetId, reasonCode);
            case EXACTLY_ONCE -> link.pubRec(packetId, reasonCode); // MQTT-4.3.3-9: not open
        }
    }

    private void acknowledge(ClientLink link, Publication publication) {
        ReasonCode code = publication.recipients() == 0 ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS;
        if (publication.message().qos() == QoS.AT_LEAST_ONCE) {
            unfinished--;
            link.pubAck(publication.packetId(), code); // MQTT-4.3.2-4
        } else {
            link.pubRec(publication.packetId(), code); // MQTT-4.3.3-8
        }
    }

    /** What this client published is safe; the acknowledgement goes to the connection it came by, and to no other. */
    void committed(Publication publication, @Nullable ClientLink link) {
        int packetId = publication.packetId();
        if (publication.message().qos() == QoS.EXACTLY_ONCE) {
            unsafe().clear(packetId);
            // A client that came back has sent it again and waits for PUBREC on its new connection.
            if (link != null && isOpen(packetId)) {
                acknowledge(link, publication);
            }
        } else if (link != null && publication.cameBy(link)) {
            acknowledge(link, publication);
        }
        committedOne(link);
    }

    private void committedOne(@Nullable ClientLink link) {
        pendingCommits--;
        if (readingPaused && pendingCommits == 0 && link != null) {
            readingPaused = false;
            link.resumeReading();
        }
    }

    /** PUBREL: the identifier is free. PUBCOMP waits until that is safe, else a later message would be taken for a repeat. */
    void pubRel(ClientLink link, int packetId) {
        if (!isOpen(packetId)) {
            link.pubComp(packetId, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND); // MQTT-4.3.3-11
            return;
        }
        open().clear(packetId);
        if (unfinished > 0) {
            unfinished--;
        }
        if (session.isStored()) {
            session.store(
                    batch -> batch.delete(Keyspaces.INBOUND, new NumberedKey(session.clientId(), packetId)), () -> {
                        if (session.link() == link) {
                            link.pubComp(packetId, ReasonCode.SUCCESS);
                        }
                    });
        } else {
            link.pubComp(packetId, ReasonCode.SUCCESS);
        }
    }

    private boolean isOpen(int packetId) {
        return open != null && open.get(packetId);
    }

    private BitSet open() {
        if (open == null) {
            open = new BitSet();
        }
        return open;
    }

    private BitSet unsafe() {
        if (unsafe == null) {
            unsafe = new BitSet();
        }
        return unsafe;
    }

    /** Puts back identifiers that were found in the store. */
    void restore(Set<Integer> packetIds) {
        for (int packetId : packetIds) {
            open().set(packetId);
        }
    }

    /** The identifiers that the store has, for their removal when the session ends. */
    int[] openIdentifiers() {
        return open == null ? new int[0] : open.stream().toArray();
    }
}
