package org.ternmq.broker.session;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.ternmq.broker.journal.Recovery.Remnant;
import org.ternmq.broker.journal.Recovery.StoredSession;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Wakes;

/** All sessions by client identifier; there is one name space for all protocol versions. Safe for use by all threads. */
public final class SessionRegistry {
    /** Between two looks whether all have fetched their rules. */
    private static final long LOOK_NANOS = 20_000_000;

    /** Sorted, so that operators can be shown one part after the other. */
    private final ConcurrentNavigableMap<String, Session> sessions = new ConcurrentSkipListMap<>();

    private final SessionServices services;
    private final TakeOvers takeOvers;

    /** No sessions yet. */
    public SessionRegistry(SessionServices services) {
        this.services = services;
        this.takeOvers = new TakeOvers(services.limits().takeOversPerMinute());
    }

    TakeOvers takeOvers() {
        return takeOvers;
    }

    /** Has a connection claim its session, which is made if there is none; called on the loop of {@code from}. */
    public void claim(Attach attach, Shard from) {
        Session session = sessions.computeIfAbsent(attach.clientId(), id -> make(id, attach.shard()));
        if (session.offerAttach(attach)) {
            from.wake(session);
        }
    }

    private Session make(String clientId, Shard home) {
        return new Session(clientId, home, this, services);
    }

    /** Puts back sessions that were found in the store; before the listeners open, on any thread. */
    public void restore(Map<String, StoredSession> stored) {
        stored.forEach((clientId, found) -> {
            Session session = make(clientId, services.shards().forName(clientId));
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

    /** Also behind {@link #restore}: what sessions that had ended have left is passed on or removed. */
    public void discard(Map<String, Remnant> remnants) {
        remnants.forEach((clientId, remnant) ->
                make(clientId, services.shards().forName(clientId)).discardLater(remnant));
    }

    /** What all queues together hold. */
    public QueueBudget queues() {
        return services.budget();
    }

    /** Takes out a session that has ended. */
    void remove(Session session) {
        sessions.remove(session.clientId(), session);
    }

    /** How many sessions there are, connected or not. */
    public int size() {
        return sessions.size();
    }

    /** Waits until no client has rules from before their last change; false if one still has at that time. */
    public boolean awaitCurrentRules(long deadlineNanos) {
        try {
            while (true) {
                List<Session> all = List.copyOf(sessions.values());
                AtomicInteger old = new AtomicInteger();
                CountDownLatch asked = new CountDownLatch(all.size());
                for (Session session : all) {
                    session.tell(each -> {
                        if (!each.hasCurrentRules()) {
                            old.incrementAndGet();
                        }
                        asked.countDown();
                    });
                }
                boolean answered = asked.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (answered && old.get() == 0) {
                    return true;
                }
                if (!answered || System.nanoTime() - deadlineNanos >= 0) {
                    return false;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
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
        Wakes wakes = services.shards().newWakes();
        for (Session session : which) {
            if (session.offerAction(action)) {
                wakes.add(session);
            }
        }
        services.shards().send(wakes);
    }

    /** Shows each session, in the order of client identifiers; only its thread-safe methods may be called. */
    public void forEach(Consumer<Session> action) {
        sessions.values().forEach(action);
    }
}
