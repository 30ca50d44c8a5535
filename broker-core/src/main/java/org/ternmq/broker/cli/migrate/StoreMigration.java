package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.ternmq.broker.cli.migrate.MosquittoStore.Client;
import org.ternmq.broker.cli.migrate.MosquittoStore.Message;
import org.ternmq.broker.cli.migrate.MosquittoStore.Pending;
import org.ternmq.broker.cli.migrate.MosquittoStore.Subscription;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.journal.DumpCounts;
import org.ternmq.broker.journal.DumpWriter;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.journal.QueueRecord;
import org.ternmq.broker.journal.SessionRecord;
import org.ternmq.broker.journal.SubscriptionRecord;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.ForwardedProperty;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.SharedFilter;
import org.ternmq.spi.QoS;

/**
 * Makes what {@code ternmq import} reads from the snapshot of a Mosquitto: sessions, subscriptions, what waits and what is in
 * flight, and retained messages. Used once, by one thread.
 */
public final class StoreMigration {
    private static final long NEVER = 0xFFFF_FFFFL;
    private static final int NO_LOCAL = 0x04;
    private static final int RETAIN_AS_PUBLISHED = 0x08;
    private static final int RETAIN_HANDLING_SHIFT = 4;

    private final MosquittoStore store;
    private final long now;
    private final Set<String> sessions = new HashSet<>();
    private final Map<Long, ApplicationMessage> messages = new HashMap<>();
    /** By client, in order. */
    private final Map<String, List<Copy>> queues = new LinkedHashMap<>();

    private final Map<Long, Integer> copies = new HashMap<>();
    private final Map<TopicName, Long> retained = new LinkedHashMap<>();
    private final Map<String, Integer> leftOut = new TreeMap<>();

    /** A message for one client. */
    private record Copy(long message, QoS qos, boolean retain, int[] identifiers, int packetId, boolean released) {}

    /**
     * Reads the snapshot.
     *
     * @param snapshot {@code mosquitto.db} of a Mosquitto that does not run
     * @param now milliseconds since the epoch, for sessions that were connected when it was written
     * @throws IOException with words for people if it cannot be read, or is no whole snapshot
     */
    public StoreMigration(Path snapshot, long now) throws IOException {
        this.store = MosquittoStore.read(snapshot);
        this.now = now;
    }

    /** What was not taken over, each kind with its number; known once {@link #write} has returned. */
    public Map<String, Integer> leftOut() {
        return leftOut;
    }

    /**
     * Writes all that can be taken over.
     *
     * @param out is not closed
     * @param progress is shown the numbers after each record
     * @throws IOException if it cannot be written
     */
    public DumpCounts write(OutputStream out, Consumer<DumpCounts> progress) throws IOException {
        DumpWriter dump = new DumpWriter(out, Version.current().broker(), progress);
        for (Client client : store.clients()) {
            session(dump, client);
        }
        for (Subscription subscription : store.subscriptions()) {
            subscription(dump, subscription);
        }
        store.messages().forEach(this::message);
        for (Long number : store.retained()) {
            ApplicationMessage message = messages.get(number);
            if (message != null) {
                retained.put(message.topic(), number);
            }
        }
        for (Pending each : store.pending()) {
            if (each.fromClient()) {
                fromClient(dump, each);
            } else {
                toClient(each);
            }
        }
        writeQueues(dump);
        for (Long number : retained.values()) {
            ApplicationMessage message = messages.get(number);
            if (message != null && message.payload().length > 0) {
                dump.record(Keyspaces.RETAINED, message.topic(), message);
            }
        }
        return dump.end();
    }

    private void leaveOut(String what) {
        leftOut.merge(what, 1, Integer::sum);
    }

    private void session(DumpWriter dump, Client client) throws IOException {
        if (client.id().isEmpty()
                || client.id().indexOf('\0') >= 0
                || client.id().startsWith("$bridge/")) {
            leaveOut("sessions whose client identifier cannot be one here");
            return;
        }
        if (client.expiryInterval() == 0 || !sessions.add(client.id())) {
            return; // ends with its connection, which has ended
        }
        long disconnectedAt = client.expiresAt() == 0 || client.expiryInterval() == NEVER
                ? now
                : (client.expiresAt() - client.expiryInterval()) * 1000;
        String username = client.username().isEmpty() ? null : client.username();
        dump.record(
                Keyspaces.SESSIONS, client.id(), new SessionRecord(client.expiryInterval(), disconnectedAt, username));
    }

    private void subscription(DumpWriter dump, Subscription subscription) throws IOException {
        if (!sessions.contains(subscription.clientId())) {
            return;
        }
        try {
            SharedFilter.parse(subscription.filter());
        } catch (IllegalArgumentException e) {
            leaveOut("subscriptions to a filter that is not valid here");
            return;
        }
        int options = subscription.options();
        dump.record(
                Keyspaces.SUBSCRIPTIONS,
                new NamedKey(subscription.clientId(), subscription.filter()),
                new SubscriptionRecord(
                        QoS.of(subscription.qos() & 0x03),
                        (options & NO_LOCAL) != 0,
                        (options & RETAIN_AS_PUBLISHED) != 0,
                        RetainHandling.of(Math.min(2, options >> RETAIN_HANDLING_SHIFT & 0x03)),
                        subscription.identifier()));
    }

    private void message(long number, Message message) {
        if (message.topic().isEmpty() || message.topic().startsWith("$SYS/")) {
            return; // what Mosquitto says of itself
        }
        byte[] properties;
        try {
            properties = forwarded(message.properties());
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            leaveOut("messages whose properties cannot be read");
            return;
        }
        messages.put(
                number,
                new ApplicationMessage(
                        TopicName.ofValid(message.topic()),
                        QoS.of(message.qos() & 0x03),
                        message.retain(),
                        message.payload(),
                        properties,
                        message.expiresAt() == 0 ? ApplicationMessage.NEVER : message.expiresAt() * 1000,
                        message.source().isEmpty() ? null : message.source()));
    }

    private void toClient(Pending pending) {
        if (!sessions.contains(pending.clientId())) {
            return;
        }
        if (pending.qos() == 0) {
            leaveOut("messages with QoS 0 that waited");
            return;
        }
        boolean released = switch (pending.state()) {
            case RESEND_PUBREL, WAIT_FOR_PUBCOMP -> true;
            case INVALID,
                    PUBLISH_QOS0,
                    PUBLISH_QOS1,
                    WAIT_FOR_PUBACK,
                    PUBLISH_QOS2,
                    WAIT_FOR_PUBREC,
                    WAIT_FOR_PUBREL,
                    RESEND_PUBCOMP,
                    SEND_PUBREC,
                    QUEUED -> false;
        };
        int packetId = pending.state() == MosquittoStore.State.QUEUED ? 0 : pending.packetId();
        queue(
                pending.clientId(),
                new Copy(
                        pending.message(),
                        QoS.of(pending.qos()),
                        pending.retain(),
                        identifiers(pending.properties()),
                        packetId,
                        released));
    }

    /**
     * A message with QoS 2 that its client has not released. Mosquitto passes it on at PUBREL, this broker at PUBLISH: so it goes to
     * those who would have got it, and the identifier stays open for the PUBREL that is to come.
     */
    private void fromClient(DumpWriter dump, Pending pending) throws IOException {
        ApplicationMessage message = messages.get(pending.message());
        if (pending.qos() != 2 || message == null || !sessions.contains(pending.clientId())) {
            return;
        }
        dump.record(Keyspaces.INBOUND, new NumberedKey(pending.clientId(), pending.packetId()), true);
        Set<String> groups = new HashSet<>();
        for (Subscription each : store.subscriptions()) {
            if (receives(each, message, pending.clientId(), groups)) {
                QoS qos = QoS.of(Math.min(2, each.qos() & 0x03));
                int[] identifiers = each.identifier() == 0 ? new int[0] : new int[] {each.identifier()};
                boolean retain = message.retain() && (each.options() & RETAIN_AS_PUBLISHED) != 0;
                if (qos != QoS.AT_MOST_ONCE) {
                    queue(each.clientId(), new Copy(pending.message(), qos, retain, identifiers, 0, false));
                }
            }
        }
        if (message.retain()) {
            retained.put(message.topic(), pending.message());
        }
    }

    private boolean receives(Subscription to, ApplicationMessage message, String publisher, Set<String> groups) {
        if (!sessions.contains(to.clientId())
                || ((to.options() & NO_LOCAL) != 0 && to.clientId().equals(publisher))) {
            return false;
        }
        try {
            SharedFilter filter = SharedFilter.parse(to.filter());
            return filter.filter().matches(message.topic().toString())
                    && (filter.shareName() == null || groups.add(to.filter()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void queue(String clientId, Copy copy) {
        if (!messages.containsKey(copy.message())) {
            leaveOut("copies of messages that the file does not have");
            return;
        }
        queues.computeIfAbsent(clientId, id -> new ArrayList<>()).add(copy);
        copies.merge(copy.message(), 1, Integer::sum);
    }

    private void writeQueues(DumpWriter dump) throws IOException {
        Map<Long, Long> shared = new HashMap<>();
        for (Map.Entry<Long, Integer> each : copies.entrySet()) {
            ApplicationMessage message = messages.get(each.getKey());
            if (each.getValue() > 1 && message != null) {
                long body = shared.size() + 1L;
                shared.put(each.getKey(), body);
                dump.record(Keyspaces.MESSAGES, body, message);
            }
        }
        long sequence = 0;
        for (Map.Entry<String, List<Copy>> queue : queues.entrySet()) {
            for (Copy copy : queue.getValue()) {
                long body = shared.getOrDefault(copy.message(), 0L);
                sequence++;
                dump.record(
                        Keyspaces.QUEUE,
                        new NumberedKey(queue.getKey(), sequence),
                        new QueueRecord(
                                body,
                                body == 0 ? messages.get(copy.message()) : null,
                                copy.qos(),
                                copy.retain(),
                                copy.identifiers(),
                                copy.packetId(),
                                copy.released(),
                                null));
            }
        }
    }

    /** The Subscription Identifiers of a copy. */
    private static int[] identifiers(ByteBuffer properties) {
        List<Integer> found = new ArrayList<>();
        ByteBuffer in = properties.duplicate();
        if (in.hasRemaining()) {
            variableByteInteger(in); // the length of all
            while (in.hasRemaining() && in.get() == 0x0B) {
                found.add(variableByteInteger(in));
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Those properties of a PUBLISH that go on to its receivers (MQTT 5.0, 3.3.2.3). */
    private static byte[] forwarded(ByteBuffer properties) {
        List<ForwardedProperty> found = new ArrayList<>();
        ByteBuffer in = properties.duplicate();
        if (in.hasRemaining()) {
            variableByteInteger(in); // the length of all
        }
        while (in.hasRemaining()) {
            int id = in.get();
            switch (id) {
                case 0x01 -> found.add(new ForwardedProperty.PayloadFormat(in.get() & 0xFF));
                case 0x02 -> in.getInt(); // the expiry, which has a field of its own
                case 0x03 -> found.add(new ForwardedProperty.ContentType(text(in)));
                case 0x08 -> found.add(new ForwardedProperty.ResponseTopic(text(in)));
                case 0x09 -> found.add(new ForwardedProperty.CorrelationData(binary(in)));
                case 0x0B -> variableByteInteger(in);
                case 0x23 -> in.getShort(); // an alias of a connection that is gone
                case 0x26 -> found.add(new ForwardedProperty.User(text(in), text(in)));
                default -> throw new IllegalArgumentException("property " + id);
            }
        }
        return ForwardedProperty.encode(found);
    }

    private static int variableByteInteger(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a variable byte integer of more than four bytes");
    }

    private static byte[] binary(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer in) {
        return new String(binary(in), StandardCharsets.UTF_8);
    }
}
