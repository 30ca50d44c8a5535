package org.ternmq.broker.session;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Recovery.StoredSession;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.shard.Wakes;

/** All sessions by client identifier; there is one name space for all protocol versions. Safe for use by all threads. */
public final class SessionRegistry {
    /** Sorted, so that operators can be shown one part after the other. */
    private final ConcurrentNavigableMap<String, Session> sessions = new ConcurrentSkipListMap<>();

    private final Router router;
    private final Journal journal;
    private final Shards shards;
    private final SessionLimits limits;
    private final Capabilities capabilities;
    private final Interceptors interceptors;
    private final Authentication authentication;
    private final Metrics metrics;
    private final Events events;
    private final TakeOvers takeOvers;

    /** No sessions yet. */
    public SessionRegistry(
            Router router,
            Journal journal,
            Shards shards,
            SessionLimits limits,
            Capabilities capabilities,
            Interceptors interceptors,
            Authentication authentication,
            Metrics metrics,
            Events events) {
        this.router = router;
        this.journal = journal;
        this.shards = shards;
        this.limits = limits;
        this.capabilities = capabilities;
        this.interceptors = interceptors;
        this.authentication = authentication;
        this.metrics = metrics;
        this.events = events;
        this.takeOvers = new TakeOvers(limits.takeOversPerMinute());
    }

    TakeOvers takeOvers() {
        return takeOvers;
    }

    /** Who tells what clients may do. */
    Authentication authentication() {
        return authentication;
    }

    /** Has a connection claim its session, which is made if there is none; called on the loop of {@code from}. */
    public void claim(Attach attach, Shard from) {
        Session session = sessions.computeIfAbsent(attach.clientId(), id -> make(id, attach.shard()));
        if (session.offerAttach(attach)) {
            from.wake(session);
        }
    }

    private Session make(String clientId, Shard home) {
        return new Session(
                clientId, home, this, router, journal, shards, limits, capabilities, interceptors, metrics, events);
    }

    /** Puts back sessions that were found in the store; before the listeners open, on any thread. */
    public void restore(Map<String, StoredSession> stored) {
        stored.forEach((clientId, found) -> {
            Session session = make(clientId, shards.forName(clientId));
            sessions.put(clientId, session);
            session.restoreLater(found);
        });
    }

    /** Behind {@link #restore}, when the loops have done it: wills and expiry go on, now that all who may get a will are back. */
    public void recovered(Map<String, StoredSession> stored) {
        stored.forEach((clientId, found) -> {
            Session session = sessions.get(clientId);
            if (session != null) {
                session.recoveredLater(found);
            }
        });
    }

    /** Takes out a session that has ended. */
    void remove(Session session) {
        sessions.remove(session.clientId(), session);
    }

    /** How many sessions there are, connected or not. */
    public int size() {
        return sessions.size();
    }

    /** The session of a client. */
    public Optional<Session> find(String clientId) {
        return Optional.ofNullable(sessions.get(clientId));
    }

    /** The sessions whose client identifiers come behind one, in order, as they come and go. */
    public Collection<Session> after(String clientId) {
        return sessions.tailMap(clientId, false).values();
    }

    /** Has several sessions do something, each in its own time, with one message to each loop. Any thread. */
    public void tell(Collection<Session> which, Consumer<Session> action) {
        Wakes wakes = shards.newWakes();
        for (Session session : which) {
            if (session.offerAction(action)) {
                wakes.add(session);
            }
        }
        shards.send(wakes);
    }

    /** Shows each session, in the order of client identifiers; only its thread-safe methods may be called. */
    public void forEach(Consumer<Session> action) {
        sessions.values().forEach(action);
    }
}
