package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Reads the whole store at the start, and keeps in memory what a broker needs that runs: of the messages that wait only their
 * numbers. A record that cannot be read is written to a side file, reported, and removed; it is
 * never fatal and never passed over in silence. Records that belong to nothing are removed.
 */
public final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    /** A session as it was found. */
    public static final class StoredSession {
        private final SessionRecord session;
        private final PagedTail queue = new PagedTail();
        // Made when there is something to put into them: there may be very many sessions.
        private Map<String, SubscriptionRecord> subscriptions = Map.of();
        private List<Delivery> inFlight = List.of();
        private Set<Integer> inbound = Set.of();
        private @Nullable WillRecord will;

        StoredSession(SessionRecord session) {
            this.session = session;
        }

        /** That it exists. */
        public SessionRecord session() {
            return session;
        }

        /** Its subscriptions by filter as the client wrote it. */
        public Map<String, SubscriptionRecord> subscriptions() {
            return subscriptions;
        }

        /** QoS 2 messages that had a packet identifier, in order. */
        public List<Delivery> inFlight() {
            return inFlight;
        }

        /** All other messages, by number and size; the messages themselves stay in the store until they are wanted. */
        public PagedTail queue() {
            return queue;
        }

        /** QoS 2 packet identifiers taken from the client and not released. */
        public Set<Integer> inbound() {
            return inbound;
        }

        /** Its will, or null. */
        public @Nullable WillRecord will() {
            return will;
        }
    }

    /** Messages of sessions that have ended, which are still to be passed on or removed. */
    public static final class Remnant {
        private final List<Discarded> notes = new ArrayList<>(1);
        private final PagedTail queue = new PagedTail();
        private long lastSequence;

        private void add(Discarded note) {
            notes.add(note);
            lastSequence = Math.max(lastSequence, note.lastSequence());
        }

        /** The messages. */
        public PagedTail queue() {
            return queue;
        }

        /** What is to be removed with the last of them. */
        public List<Discarded> notes() {
            return notes;
        }
    }

    /** Repairs written at once: a store may have more that wants repair than fits into memory. */
    private static final int REPAIRS = 8_192;

    private final Storage storage;
    private final Quarantine quarantine;
    private final boolean failOnCorrupt;
    private final Map<String, StoredSession> sessions = new LinkedHashMap<>();
    private final Map<String, Remnant> remnants = new HashMap<>();
    private final List<ApplicationMessage> retained = new ArrayList<>();
    private final BodyReferences references = new BodyReferences();
    private WriteBatch repairs = new WriteBatch();
    private long repaired;
    private long queued;
    private long lastSequence;
    private int unreadable;
    private int orphans;

    /**
     * Prepares to read.
     *
     * @param quarantine where unreadable records go
     * @param failOnCorrupt refuse to start instead
     */
    public Recovery(Storage storage, Quarantine quarantine, boolean failOnCorrupt) {
        this.storage = storage;
        this.quarantine = quarantine;
        this.failOnCorrupt = failOnCorrupt;
    }

    /**
     * Reads everything, then removes what is of no use.
     *
     * @throws StorageException if the store is of a schema version that cannot be read, or holds an unreadable record and was to fail
     */
    public void run() {
        new SchemaMigration(Keyspaces.SCHEMA, List.of()).run(storage);
        each(Keyspaces.SESSIONS, "", (clientId, record) -> sessions.put(clientId, new StoredSession(record)));
        each(Keyspaces.SUBSCRIPTIONS, new NamedKey("", ""), (key, record) -> {
            StoredSession session = ownerOf(key.clientId(), Keyspaces.SUBSCRIPTIONS, key);
            if (session != null) {
                if (session.subscriptions.isEmpty()) {
                    session.subscriptions = new LinkedHashMap<>(4);
                }
                session.subscriptions.put(key.name(), record);
            }
        });
        each(Keyspaces.INBOUND, new NumberedKey("", 0), (key, open) -> {
            StoredSession session = ownerOf(key.clientId(), Keyspaces.INBOUND, key);
            if (session != null) {
                if (session.inbound.isEmpty()) {
                    session.inbound = new TreeSet<>();
                }
                session.inbound.add((int) key.number());
            }
        });
        each(Keyspaces.WILLS, "", (clientId, record) -> {
            StoredSession session = ownerOf(clientId, Keyspaces.WILLS, clientId);
            if (session != null) {
                session.will = record;
            }
        });
        readQueues();
        each(Keyspaces.RETAINED, TopicName.ofValid("\u0001"), (topic, message) -> retained.add(message));
        writeRepairs(1);
        if (repaired > 0) {
            LOG.warn("Removed {} stored records that belong to nothing or cannot be read", repaired);
        }
    }

    private <K> void repair(Keyspace<K, ?> space, K key) {
        repairs.delete(space, key);
        writeRepairs(REPAIRS);
    }

    private void writeRepairs(int atLeast) {
        if (repairs.size() >= atLeast) {
            repaired += repairs.size();
            storage.write(List.of(repairs), Durability.PROCESS);
            repairs = new WriteBatch();
        }
    }

    /** Reads bodies and queues once each, and keeps of them what has to be known: numbers, sizes, counts. */
    private void readQueues() {
        readDiscarded();
        RecoveredBodies bodies = new RecoveredBodies();
        each(Keyspaces.MESSAGES, 0L, (id, message) -> {
            lastSequence = Math.max(lastSequence, id);
            bodies.add(id, message);
        });
        Map<Long, ApplicationMessage> inFlightBodies = new HashMap<>();
        each(Keyspaces.QUEUE, new NumberedKey("", 0), (key, record) -> {
            lastSequence = Math.max(lastSequence, key.number());
            Remnant remnant = remnants.get(key.clientId());
            if (remnant != null && key.number() <= remnant.lastSequence) {
                take(key, record, bodies, remnant.queue, null, inFlightBodies);
                return;
            }
            StoredSession session = ownerOf(key.clientId(), Keyspaces.QUEUE, key);
            if (session != null) {
                take(key, record, bodies, session.queue, session, inFlightBodies);
            }
        });
        bodies.finish(references, id -> {
            orphans++;
            repair(Keyspaces.MESSAGES, id);
        });
    }

    private void take(
            NumberedKey key,
            QueueRecord record,
            RecoveredBodies bodies,
            PagedTail queue,
            @Nullable StoredSession session,
            Map<Long, ApplicationMessage> inFlightBodies) {
        ApplicationMessage message = record.message();
        int footprint;
        long expiresAt;
        if (message == null) {
            int place = bodies.find(record.bodyId());
            if (place < 0) {
                orphans++;
                LOG.error("A message for '{}' has lost its body {}: removed", key.clientId(), record.bodyId());
                repair(Keyspaces.QUEUE, key);
                return;
            }
            bodies.refer(place);
            footprint = bodies.footprint(place);
            expiresAt = bodies.expiresAt(place);
        } else {
            footprint = message.footprint();
            expiresAt = message.expiresAt();
        }
        boolean inFlight = record.qos() == QoS.EXACTLY_ONCE && record.packetId() != 0;
        if (!inFlight || session == null) {
            queue.add(key.number(), footprint, expiresAt, record.group() != null);
            queued++;
            return;
        }
        if (message == null) {
            message = inFlightBodies.computeIfAbsent(record.bodyId(), id -> storage.get(Keyspaces.MESSAGES, id));
        }
        if (message != null) {
            if (session.inFlight.isEmpty()) {
                session.inFlight = new ArrayList<>(4);
            }
            session.inFlight.add(Delivery.recovered(message, record, key.number()));
        }
    }

    /** Sessions that have ended, and whose messages were not all passed on or removed. */
    private void readDiscarded() {
        each(Keyspaces.DISCARDED, new NumberedKey("", 0), (key, there) -> {
            lastSequence = Math.max(lastSequence, key.number()); // those who come later must have higher ones
            remnants.computeIfAbsent(key.clientId(), id -> new Remnant())
                    .add(new Discarded(key.clientId(), key.number()));
        });
    }

    private <K> @Nullable StoredSession ownerOf(String clientId, Keyspace<K, ?> space, K key) {
        StoredSession session = sessions.get(clientId);
        if (session == null) {
            orphans++;
            repair(space, key);
        }
        return session;
    }

    private <K, V> void each(Keyspace<K, V> space, K from, BiConsumer<K, V> action) {
        try (Cursor<K, V> cursor = storage.scan(space, from, null)) {
            while (cursor.next()) {
                K key = null;
                V value;
                try {
                    key = cursor.key();
                    value = cursor.value();
                } catch (CorruptRecordException e) {
                    setAside(space, key, cursor, e);
                    continue;
                }
                action.accept(key, value);
            }
        }
    }

    private <K, V> void setAside(
            Keyspace<K, V> space, @Nullable K key, Cursor<K, V> cursor, CorruptRecordException problem) {
        if (failOnCorrupt) {
            throw new StorageException("unreadable record in " + space + " (" + problem.getMessage()
                    + ") and storage.on-corrupt is fail; with quarantine it is written to " + quarantine
                    + " and the broker starts without it");
        }
        unreadable++;
        quarantine.add(space, cursor, problem);
        if (key != null) {
            repair(space, key);
        }
    }

    /** The sessions found, by client identifier. */
    public Map<String, StoredSession> sessions() {
        return sessions;
    }

    /** What is left of sessions that have ended, by client identifier. */
    public Map<String, Remnant> remnants() {
        return remnants;
    }

    /** Messages that wait, of all sessions. */
    public long queued() {
        return queued;
    }

    /** What writes and removes deliveries from now on, with the references to bodies as they were found. */
    public DeliveryRecords records() {
        return new DeliveryRecords(references);
    }

    /** The retained messages found. */
    public List<ApplicationMessage> retained() {
        return retained;
    }

    /** The highest sequence number found, 0 if none. */
    public long lastSequence() {
        return lastSequence;
    }

    /** Records that could not be read. */
    public int unreadable() {
        return unreadable;
    }

    /** Records that belonged to nothing. */
    public int orphans() {
        return orphans;
    }
}
