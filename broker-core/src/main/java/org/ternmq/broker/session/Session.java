package org.ternmq.broker.session;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.ClientRecord;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.Discarded;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.journal.Recovery.Remnant;
import org.ternmq.broker.journal.Recovery.StoredSession;
import org.ternmq.broker.journal.SessionRecord;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.Publication;
import org.ternmq.broker.routing.Publisher;
import org.ternmq.broker.routing.Subscriber;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.security.Standing;
import org.ternmq.broker.shard.Inbox;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.QoS;
import org.ternmq.spi.WriteBatch;
import org.ternmq.spi.control.ConnectionView;
import org.ternmq.spi.control.RouteView;
import org.ternmq.spi.control.SessionView;
import org.ternmq.spi.control.SubscriptionView;

/**
 * A client's session, connected or not. An actor: others offer to its inbox, and only its own drain, on its home shard,
 * changes it. The home is the loop of its connection, so that packets of the client reach it by a plain call; a connection
 * on another loop takes the session there.
 *
 * <p>It ends with its connection, or when its expiry interval has run out after that. A session that has ended stays so: a
 * clean start makes a new one.
 *
 * <p>Owner: the loop of {@link #home()}, except for the methods that say otherwise.
 */
public final class Session implements Subscriber, Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int DRAIN_LIMIT = 512;

    private final String clientId;
    private final SessionRegistry registry;
    private final SessionServices services;
    private final SessionLimits limits;
    private final Inbox<Object> inbox = new Inbox<>();
    private final Subscriptions subscriptions;
    private final Disposal disposal;
    private final OutboundFlow outbound;
    private final InboundFlow inbound;
    private final Will will;
    private final Rights rights;

    private volatile Shard home;
    /** Whether it outlives its connection. */
    private volatile boolean persistent;

    private volatile boolean online;

    /** Whether the store has a record of it. */
    private boolean stored;

    private boolean established;
    private boolean ended;
    private long expiryInterval;
    /** Milliseconds since the epoch; 0 while it is connected, and before it ever was. */
    private long disconnectedAt;

    private @Nullable String username;
    /** The accepted connection. */
    private @Nullable ClientLink link;
    /** A connection that waits for the journal before it is accepted, and whether it resumes. */
    private @Nullable Attach opening;

    private boolean openingResumes;
    private final Expiry expiry = new Expiry(this);

    Session(String clientId, Shard home, SessionRegistry registry, SessionServices services) {
        this.clientId = clientId;
        this.home = home;
        this.registry = registry;
        this.services = services;
        this.limits = services.limits();
        this.subscriptions = new Subscriptions(this, services);
        this.disposal = new Disposal(this, services);
        this.outbound = new OutboundFlow(this, services, disposal);
        this.inbound = new InboundFlow(this, services);
        this.will = new Will(this, services);
        this.rights = new Rights(this, services.authentication());
    }

    // ---- from any thread

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public Shard home() {
        return home;
    }

    @Override
    public boolean acceptsNow() {
        return online && outbound.hasWindow() && !isFull();
    }

    /** Whether it has an accepted connection. */
    public boolean isOnline() {
        return online;
    }

    @Override
    public boolean isFull() {
        WaitingQueue queue = outbound.queue();
        if (services.budget().isFull() && (queue.size() > 0 || !online || !outbound.hasWindow())) {
            return true;
        }
        return queue.isFull(home.now());
    }

    /** QoS 1 and 2 messages that wait for it, without those in flight. */
    public int queuedMessages() {
        return outbound.queue().size();
    }

    /** Their bytes. */
    public long queuedBytes() {
        return outbound.queue().bytes();
    }

    /** Milliseconds since the epoch when the oldest of them was added, or found in the store; 0 if nothing waits. */
    public long waitingSince() {
        return outbound.queue().waitingSince();
    }

    /** Copies for it that were dropped for a reason, since it was made or the broker was started. */
    public long dropped(DropReason reason) {
        return disposal.dropped(reason);
    }

    @Override
    public int inFlight() {
        return outbound.inFlight();
    }

    @Override
    public boolean isPersistent() {
        return persistent;
    }

    @Override
    public int backlog() {
        return inbox.pending();
    }

    @Override
    public boolean offer(Delivery delivery) {
        if (delivery.qos() == QoS.AT_MOST_ONCE && inbox.pending() >= limits.inboxMessages()) {
            disposal.count(delivery, DropReason.SLOW_SUBSCRIBER);
            return false;
        }
        return inbox.offer(delivery);
    }

    @Override
    public boolean offerCommitted(Publication publication) {
        return inbox.offer(publication);
    }

    boolean offerAttach(Attach attach) {
        return inbox.offer(attach);
    }

    boolean offerStored(StoredChange change) {
        return inbox.offer(change);
    }

    /** Has something done by the session in its own time. */
    public void tell(Consumer<Session> action) {
        if (offerAction(action)) {
            services.shards().wake(this);
        }
    }

    boolean offerAction(Consumer<Session> action) {
        return inbox.offer((Runnable) () -> action.accept(this));
    }

    /** Ends, connected or not: its client will not come again. On the home loop. */
    public void forget() {
        assert home.inLoop();
        if (!ended) {
            end();
        }
    }

    /** The filters it has subscribed to, as its client wrote them. On the home loop. */
    public Set<String> filters() {
        assert home.inLoop();
        return subscriptions.texts();
    }

    /** Identifiers of QoS 2 messages that its client has published and not released. On the home loop. */
    public int[] openIdentifiers() {
        assert home.inLoop();
        return inbound.openIdentifiers();
    }

    /** Fetches what its client may do anew, and ends the subscriptions that it may no longer have. Any thread. */
    public void refreshPermissions() {
        tell(session -> session.rights.fetch());
    }

    /** Whether its client, if it has one, has rules that were fetched after the last change. */
    boolean hasCurrentRules() {
        return ended || rights.areCurrent();
    }

    /** Ends the subscriptions that the client may no longer have, and drops what waits because of them. */
    void restrict(Permissions permissions) {
        if (subscriptions.recheck(permissions)) {
            outbound.queue().discardUnwanted();
        }
    }

    /** Whether one of its subscriptions is for a message that waits. */
    boolean wants(Delivery delivery) {
        return subscriptions.matches(delivery.message().topic());
    }

    /** The client has proven anew who it is; what it may do may have changed. On the loop of its connection. */
    public void reauthenticated(ClientLink by, Client fresh) {
        if (link == by) {
            rights.changed(fresh);
        }
    }

    /** Has it look whether who let its client in would still do so; if not, the connection ends. Any thread. */
    public void recheckStanding() {
        tell(Session::endIfRevoked);
    }

    private void endIfRevoked() {
        Client known = rights.client();
        if (known == null || ended || opening != null) { // who is being let in is looked at again then
            return;
        }
        Standing standing = services.authentication().standing(known);
        if (standing == Standing.GOOD) {
            return;
        }
        if (standing == Standing.SESSION_REVOKED) {
            expiryInterval = 0; // it ends with its connection
        }
        ClientLink connected = link;
        if (connected != null) {
            connected.close(ReasonCode.NOT_AUTHORIZED, "the user was removed or has another password");
        } else if (standing == Standing.SESSION_REVOKED) {
            end();
        }
    }

    void restoreLater(StoredSession found) {
        persistent = true; // at once: messages may be routed before the loop has come to it
        tell(session -> session.restore(found));
    }

    /** What a session that has ended in an earlier life of the broker has left goes now. Any thread. */
    void discardLater(Remnant remnant) {
        tell(session -> {
            session.ended = true;
            session.outbound.queue().discard(remnant.queue(), remnant.notes());
        });
    }

    /** All sessions are back: now this one's will may be due, or its end. Any thread. */
    void recoveredLater(StoredSession found) {
        tell(session -> session.recovered(found));
    }

    // ---- the drain

    @Override
    public void drain() {
        assert home.inLoop();
        int taken = 0;
        Shard here = home;
        while (taken < DRAIN_LIMIT && taken < inbox.pending() && home == here) {
            Object element = inbox.take();
            taken++;
            try {
                take(element);
            } catch (RuntimeException | Error e) {
                failed(e);
            }
        }
        if (home != here) {
            // The right to drain moves along: one element is given back there, after the connection was opened.
            inbox.done(taken - 1);
            home.execute(this::arrive);
        } else if (inbox.done(taken)) {
            here.wake(this);
        }
    }

    private void take(Object element) {
        if (element instanceof Delivery delivery) {
            onDelivery(delivery);
        } else if (element instanceof Publication publication) {
            inbound.committed(publication, link);
        } else if (element instanceof StoredChange change) {
            Runnable then = change.then();
            if (then != null && (!ended || change.always())) {
                then.run();
            }
        } else if (element instanceof Attach attach) {
            onAttach(attach);
        } else if (element instanceof Runnable action) {
            action.run();
        }
    }

    /** A fault of ours ends this client's connection and nothing else: the drain goes on. */
    private void failed(Throwable e) {
        LOG.error("{} failed", this, e);
        if (link != null) {
            link.close(ReasonCode.UNSPECIFIED_ERROR, "internal error");
        }
    }

    private void arrive() {
        Attach toOpen = opening;
        if (toOpen != null) {
            try {
                open(toOpen);
            } catch (RuntimeException | Error e) {
                failed(e);
            }
        }
        if (inbox.done(1)) {
            home.wake(this);
        }
    }

    private void onDelivery(Delivery delivery) {
        if (ended) {
            disposal.settle(delivery);
        } else {
            outbound.deliver(delivery);
        }
    }

    /** Has a change of this session written; what follows is done by the session, unless it has ended by then. */
    void store(Consumer<WriteBatch> changes, @Nullable Runnable then) {
        services.journal().append(new StoredChange(this, changes, then, false));
    }

    /** Has the drain come by again to go on with what it left. */
    void pumpLater() {
        if (inbox.offer((Runnable) outbound::pump)) {
            home.wake(this);
        }
    }

    // ---- connections come and go

    private void onAttach(Attach attach) {
        if (ended) {
            registry.claim(attach, home);
            return;
        }
        String newUser = attach.client().info().username().orElse(null);
        if (established
                && limits.bindToUser()
                && !ReservedIds.isReserved(clientId) // whose user is the configuration's
                && !Objects.equals(username, newUser)) {
            refuse(attach, ReasonCode.NOT_AUTHORIZED, "the session belongs to another user");
            return;
        }
        if ((link != null || opening != null) && !registry.takeOvers().allows(clientId)) {
            refuse(attach, ReasonCode.CONNECTION_RATE_EXCEEDED, "too many connections with this client identifier");
            return;
        }
        boolean resumes = established && !attach.cleanStart() && expiryInterval > 0; // MQTT-3.1.2-5
        displace(resumes);
        if (established && !resumes) { // MQTT-3.1.2-4
            end();
            registry.claim(attach, home);
            return;
        }
        expiry.cancel();
        established = true;
        username = newUser;
        opening = attach;
        openingResumes = resumes;
        if (home == attach.shard()) {
            open(attach);
        } else {
            home = attach.shard();
        }
    }

    private static void refuse(Attach attach, ReasonCode reasonCode, String detail) {
        attach.shard().execute(() -> attach.link().refused(reasonCode, detail));
    }

    /** Ends the connection that is there for one that comes (MQTT-3.1.4-3). */
    private void displace(boolean resumes) {
        Attach waiting = opening;
        if (waiting != null) {
            opening = null;
            will.drop(); // never accepted
            waiting.link().takenOver();
        }
        ClientLink old = link;
        if (old != null) {
            unlink();
            old.takenOver();
            will.displaced(resumes, home);
        }
        will.resumed(resumes, home);
    }

    private void unlink() {
        link = null;
        online = false;
        outbound.disconnected();
    }

    /** On the loop of the connection: writes down what has to survive, then accepts. */
    private void open(Attach attach) {
        assert home.inLoop();
        rights.of(attach.client());
        expiryInterval = attach.expiryInterval();
        persistent = expiryInterval > 0;
        will.set(attach.will());
        if (openingResumes) { // made under rules that were others
            restrict(attach.client().permissions());
        }
        if (!attach.link().opening(this)) {
            disconnected(attach.link(), false, -1);
        } else if (persistent || stored) {
            stored = true;
            SessionRecord record = new SessionRecord(expiryInterval, SessionRecord.CONNECTED, username);
            Consumer<WriteBatch> willChange = will.record();
            store(
                    batch -> {
                        batch.put(Keyspaces.SESSIONS, clientId, record);
                        willChange.accept(batch);
                    },
                    () -> opened(attach));
        } else {
            opened(attach);
        }
    }

    private void opened(Attach attach) {
        if (opening == null || opening.link() != attach.link()) {
            return; // taken over or gone meanwhile
        }
        opening = null;
        ClientLink accepted = attach.link();
        link = accepted;
        online = true;
        disconnectedAt = 0;
        inbound.connected();
        services.events().connected(attach.client().info(), openingResumes);
        accepted.accepted(openingResumes);
        endIfRevoked(); // while it was let in
        if (link == accepted) { // or it is gone already, for want of a CONNACK that it could take
            outbound.connected(accepted);
            rights.keepCurrent();
        }
    }

    /**
     * The connection is gone; called by it on its loop, once, unless it was taken over.
     *
     * @param publishWill whether the client left without saying so, or asked for the will (MQTT-3.1.2-8)
     * @param newExpiry the Session Expiry Interval of DISCONNECT, -1 if it had none
     */
    public void disconnected(ClientLink gone, boolean publishWill, long newExpiry) {
        assert home.inLoop();
        if (opening != null && opening.link() == gone) {
            opening = null;
            will.drop();
        } else if (link != gone) {
            return;
        } else {
            unlink();
            if (newExpiry >= 0) {
                expiryInterval = Math.min(newExpiry, limits.expiryMaximum());
                persistent = expiryInterval > 0;
            }
            if (!publishWill) {
                will.drop(); // MQTT-3.1.2-10, MQTT-3.14.4-3
            }
        }
        if (expiryInterval == 0) {
            end(); // MQTT-4.1.0-2
            return;
        }
        will.connectionLost(home, expiryInterval);
        outbound.passOn(false);
        long now = home.now();
        disconnectedAt = now;
        SessionRecord record = new SessionRecord(expiryInterval, now, username);
        Consumer<WriteBatch> willChange = will.record();
        stored = true;
        store(
                batch -> {
                    batch.put(Keyspaces.SESSIONS, clientId, record);
                    willChange.accept(batch);
                },
                null);
        expiry.schedule(home, expiryInterval, expiryInterval * 1000);
    }

    /** The session's time has run out. */
    void expire() {
        if (home.inLoop() && link == null && opening == null && !ended) {
            services.metrics().sessionExpired();
            end();
        }
    }

    /** Drops all state, in memory and in the store. */
    private void end() {
        ended = true;
        persistent = false;
        expiry.cancel();
        will.sessionEnded(home);
        Set<String> filters = subscriptions.texts();
        subscriptions.removeAll();
        Discarded discarded = outbound.discard();
        registry.remove(this);
        if (stored || discarded != null) {
            int[] open = inbound.openIdentifiers();
            // The journal may have copies for this session that it has not been offered yet. It removes their records
            // when
            // it is; until this comes back, behind all of them, a session that comes after it must not find them,
            // either.
            Discarded onTheirWay = new Discarded(clientId, services.journal().nextSequence());
            Consumer<WriteBatch> changes = batch -> {
                batch.delete(Keyspaces.SESSIONS, clientId);
                batch.delete(Keyspaces.WILLS, clientId);
                onTheirWay.put(batch);
                if (discarded != null) {
                    discarded.put(batch);
                }
                for (String filter : filters) {
                    batch.delete(Keyspaces.SUBSCRIPTIONS, new NamedKey(clientId, filter));
                }
                for (int packetId : open) {
                    batch.delete(Keyspaces.INBOUND, new NumberedKey(clientId, packetId));
                }
            };
            services.journal().append(new StoredChange(this, changes, () -> store(onTheirWay::delete, null), true));
        }
        services.events().sessionEnded(clientId);
    }

    private void restore(StoredSession found) {
        established = true;
        stored = true;
        SessionRecord record = found.session();
        expiryInterval = record.expiryInterval();
        username = record.username();
        for (String unusable : subscriptions.restore(found.subscriptions())) {
            store(batch -> batch.delete(Keyspaces.SUBSCRIPTIONS, new NamedKey(clientId, unusable)), null);
        }
        outbound.restore(found.inFlight(), found.queue());
        inbound.restore(found.inbound());
    }

    private void recovered(StoredSession found) {
        SessionRecord record = found.session();
        boolean connectedAtEnd = record.disconnectedAt() == SessionRecord.CONNECTED;
        long now = home.now();
        will.restore(found.will(), home, connectedAtEnd, expiryInterval);
        if (expiryInterval == 0) {
            end();
            return;
        }
        long away = connectedAtEnd ? 0 : now - record.disconnectedAt();
        if (connectedAtEnd) { // the time counts from now, also if the broker should be killed again
            SessionRecord gone = new SessionRecord(expiryInterval, now, username);
            store(batch -> batch.put(Keyspaces.SESSIONS, clientId, gone), null);
        }
        disconnectedAt = now - away;
        expiry.schedule(home, expiryInterval, expiryInterval * 1000 - away);
    }

    // ---- packets of the client, by plain calls of its connection

    /** PUBLISH, its alias resolved. */
    public void publish(ClientLink from, TopicName topic, Publish packet) {
        inbound.publish(home, from, client(), topic, packet);
    }

    /** PUBREL. */
    public void pubRel(ClientLink from, int packetId) {
        inbound.pubRel(from, packetId);
    }

    /** PUBACK; its code does not matter (MQTT-4.4.0-2). */
    public void pubAck(int packetId) {
        outbound.pubAck(packetId);
    }

    /** PUBREC. */
    public void pubRec(int packetId, ReasonCode reasonCode) {
        outbound.pubRec(packetId, reasonCode);
    }

    /** PUBCOMP. */
    public void pubComp(int packetId) {
        outbound.pubComp(packetId);
    }

    /** SUBSCRIBE. */
    public void subscribe(ClientLink from, Subscribe packet) {
        subscriptions.subscribe(from, client(), packet);
    }

    /** UNSUBSCRIBE. */
    public void unsubscribe(ClientLink from, Unsubscribe packet) {
        subscriptions.unsubscribe(from, packet);
    }

    /** The socket takes more again. */
    public void writable() {
        outbound.pump();
    }

    // ---- for operators, in its own time: see tell

    /** What they see of it; empty if it has ended. */
    public Optional<SessionView> view() {
        if (ended) {
            return Optional.empty();
        }
        ClientLink to = link;
        return Optional.of(new SessionView(
                clientId,
                to != null,
                Optional.ofNullable(username),
                Optional.ofNullable(to).map(ClientLink::view),
                persistent,
                expiryInterval,
                disconnectedAt == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(disconnectedAt)),
                subscriptions.texts().size(),
                queuedMessages(),
                queuedBytes(),
                outbound.inFlight(),
                disposal.drops(),
                Optional.empty()));
    }

    /** Its connection, if it has one. */
    public Optional<ConnectionView> connectionView() {
        return Optional.ofNullable(link).map(ClientLink::view);
    }

    /** Its subscriptions, by filter. */
    public List<SubscriptionView> subscriptionViews() {
        return subscriptions.views();
    }

    /** What would become of a message for it now. */
    public RouteView.Outcome outcomeOf(TopicName topic, QoS qos) {
        if (!rights.mayReceive(topic, qos)) {
            return RouteView.Outcome.DENIED;
        }
        if (qos == QoS.AT_MOST_ONCE) {
            return link == null ? RouteView.Outcome.NOT_CONNECTED : RouteView.Outcome.DELIVERED;
        }
        return isFull()
                ? RouteView.Outcome.QUEUE_FULL
                : link == null ? RouteView.Outcome.QUEUED : RouteView.Outcome.DELIVERED;
    }

    /** Ends its connection. False if it has none. */
    public boolean kick() {
        ClientLink to = link;
        if (to == null) {
            return false;
        }
        to.close(ReasonCode.ADMINISTRATIVE_ACTION, "an operator ended the connection");
        return true;
    }

    /** Ends it, and its connection. False if it has ended before. */
    public boolean purge() {
        if (ended) {
            return false;
        }
        Attach waiting = opening;
        if (waiting != null) {
            opening = null;
            will.drop(); // never accepted
            waiting.link().refused(ReasonCode.ADMINISTRATIVE_ACTION, "an operator ended the session");
        }
        kick();
        if (!ended) { // else it ended with its connection
            end();
        }
        return true;
    }

    // ---- for its parts

    private Client client() {
        Client known = rights.client();
        if (known == null) {
            throw new IllegalStateException("session '" + clientId + "' was never connected");
        }
        return known;
    }

    @Nullable
    Client lastClient() {
        return rights.client();
    }

    boolean hasEnded() {
        return ended;
    }

    @Nullable
    ClientLink link() {
        return link;
    }

    OutboundFlow outbound() {
        return outbound;
    }

    /** What the client might do that was connected before the broker was started again. Comes in the session's own time. */
    void fetchFormerPermissions(ClientRecord known, Consumer<Permissions> then) {
        ClientInfo info = Authentication.formerClient(clientId, Optional.ofNullable(username), known);
        services.authentication().refresh(info, permissions -> tell(session -> then.accept(permissions)));
    }

    void storeUnlessEnded(Consumer<WriteBatch> changes) {
        if (!ended) {
            store(changes, null);
        }
    }

    boolean isStored() {
        return stored;
    }

    long now() {
        return home.now();
    }

    /** Has another member of the shared subscription take a delivery. False if there is none. */
    boolean passOn(Delivery delivery, boolean ends) {
        return services.router().passOn(home, this, delivery, ends);
    }

    boolean mayReceive(Delivery delivery) {
        return rights.mayReceive(delivery);
    }

    /**
     * Whether the client may have what was begun to be sent to it on an earlier connection. A subscription that is there was
     * judged; one that the client has ended itself takes no right away, so then the rules are asked about the topic.
     */
    boolean mayStillReceive(Delivery delivery) {
        return rights.mayReceive(delivery)
                && (wants(delivery) || rights.maySubscribe(delivery.message().topic(), delivery.qos()));
    }

    @Override
    public String toString() {
        return "session '" + clientId + "'";
    }
}
