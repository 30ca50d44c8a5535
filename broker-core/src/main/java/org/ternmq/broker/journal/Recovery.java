package org.ternmq.broker.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
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
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Reads the whole store at the start. A record that cannot be read is written to a side file, reported, and removed; it is
 * never fatal and never passed over in silence. Records that belong to nothing are removed.
 */
public final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    /** A session as it was found. */
    public static final class StoredSession {
        private final SessionRecord session;
        private final Map<String, SubscriptionRecord> subscriptions = new LinkedHashMap<>();
        private final List<Delivery> deliveries = new ArrayList<>();
        private final Set<Integer> inbound = new TreeSet<>();
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

        /** What it waits for and has in flight, in order. */
        public List<Delivery> deliveries() {
            return deliveries;
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

    private final Storage storage;
    private final Path quarantine;
    private final boolean failOnCorrupt;
    private final Metrics metrics;
    private final Map<String, StoredSession> sessions = new LinkedHashMap<>();
    private final List<ApplicationMessage> retained = new ArrayList<>();
    private final WriteBatch repairs = new WriteBatch();
    private long lastSequence;
    private int unreadable;
    private int orphans;

    /**
     * Prepares to read.
     *
     * @param quarantine the side file for unreadable records; created if there are any
     * @param failOnCorrupt refuse to start instead
     */
    public Recovery(Storage storage, Path quarantine, boolean failOnCorrupt, Metrics metrics) {
        this.storage = storage;
        this.quarantine = quarantine;
        this.failOnCorrupt = failOnCorrupt;
        this.metrics = metrics;
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
                session.subscriptions.put(key.name(), record);
            }
        });
        each(Keyspaces.INBOUND, new NumberedKey("", 0), (key, open) -> {
            StoredSession session = ownerOf(key.clientId(), Keyspaces.INBOUND, key);
            if (session != null) {
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
        if (!repairs.isEmpty()) {
            LOG.warn("Removing {} stored records that belong to nothing or cannot be read", repairs.size());
            storage.write(List.of(repairs), Durability.PROCESS);
        }
    }

    private void readQueues() {
        Map<Long, ApplicationMessage> messages = new HashMap<>();
        Map<Long, StoredBody> bodies = new HashMap<>();
        each(Keyspaces.MESSAGES, 0L, (id, message) -> {
            lastSequence = Math.max(lastSequence, id);
            messages.put(id, message);
        });
        each(Keyspaces.QUEUE, new NumberedKey("", 0), (key, record) -> {
            lastSequence = Math.max(lastSequence, key.number());
            StoredSession session = ownerOf(key.clientId(), Keyspaces.QUEUE, key);
            if (session == null) {
                return;
            }
            ApplicationMessage message = record.message();
            StoredBody body = null;
            if (message == null) {
                message = messages.get(record.bodyId());
                if (message == null) {
                    orphans++;
                    LOG.error("A message for '{}' has lost its body {}: removed", key.clientId(), record.bodyId());
                    repairs.delete(Keyspaces.QUEUE, key);
                    return;
                }
                body = bodies.computeIfAbsent(record.bodyId(), StoredBody::new);
                body.acquire();
            }
            session.deliveries.add(Delivery.recovered(message, record, key.number(), body));
        });
        for (Long id : messages.keySet()) {
            if (!bodies.containsKey(id)) {
                orphans++;
                repairs.delete(Keyspaces.MESSAGES, id);
            }
        }
    }

    private <K> @Nullable StoredSession ownerOf(String clientId, Keyspace<K, ?> space, K key) {
        StoredSession session = sessions.get(clientId);
        if (session == null) {
            orphans++;
            repairs.delete(space, key);
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
        metrics.recordUnreadable();
        Base64.Encoder base64 = Base64.getEncoder();
        String line = "{\"keyspace\":\"" + space + "\",\"problem\":\""
                + String.valueOf(problem.getMessage()).replaceAll("[^ -~]|[\"\\\\]", "?")
                + "\",\"key\":\"" + base64.encodeToString(cursor.rawKey())
                + "\",\"value\":\"" + base64.encodeToString(cursor.rawValue()) + "\"}\n";
        try (Writer out = Files.newBufferedWriter(
                quarantine, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(line);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + quarantine, e);
        }
        LOG.error("Unreadable record in {}: {}; set aside in {}", space, problem.getMessage(), quarantine);
        if (key != null) {
            repairs.delete(space, key);
        }
    }

    /** The sessions found, by client identifier. */
    public Map<String, StoredSession> sessions() {
        return sessions;
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
