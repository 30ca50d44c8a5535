package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.JsonFields.MisfitException;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.Keyspace;

/**
 * The records of one keyspace as JSON, there and back: {@code docs/adr/0011} has the form.
 *
 * @param space the keyspace
 * @param first a key at or before the first
 */
record RecordJson<K, V>(
        Keyspace<K, V> space,
        K first,
        Writer<K> writeKey,
        Function<JsonFields, K> readKey,
        Writer<V> writeFields,
        Function<JsonFields, V> readFields) {
    interface Writer<T> {
        void write(JsonGenerator out, T value) throws IOException;
    }

    private static final Writer<String> CLIENT = (out, id) -> out.writeStringField("client", id);

    private static RecordJson<NumberedKey, Boolean> inbound() {
        return new RecordJson<>(
                Keyspaces.INBOUND,
                new NumberedKey("", 0),
                (out, key) -> writeNumbered(out, key, "packet-id"),
                in -> readNumbered(in, "packet-id"),
                (out, open) -> out.writeBooleanField("open", open),
                in -> in.flag("open"));
    }

    /** All keyspaces but {@link Keyspaces#META}, in the order in which they are written. */
    static final List<RecordJson<?, ?>> ALL = List.of(
            new RecordJson<>(
                    Keyspaces.SESSIONS,
                    "",
                    CLIENT,
                    RecordJson::client,
                    RecordJson::writeSession,
                    RecordJson::readSession),
            new RecordJson<>(
                    Keyspaces.SUBSCRIPTIONS,
                    new NamedKey("", ""),
                    RecordJson::writeNamed,
                    in -> new NamedKey(client(in), in.text("filter")),
                    RecordJson::writeSubscription,
                    RecordJson::readSubscription),
            new RecordJson<>(
                    Keyspaces.MESSAGES,
                    0L,
                    (out, id) -> out.writeNumberField("id", id),
                    in -> in.number("id"),
                    MessageJson::write,
                    MessageJson::read),
            new RecordJson<>(
                    Keyspaces.QUEUE,
                    new NumberedKey("", 0),
                    (out, key) -> writeNumbered(out, key, "sequence"),
                    in -> readNumbered(in, "sequence"),
                    RecordJson::writeQueued,
                    RecordJson::readQueued),
            inbound(),
            new RecordJson<>(
                    Keyspaces.DISCARDED,
                    new NumberedKey("", 0),
                    (out, key) -> writeNumbered(out, key, "last-sequence"),
                    in -> readNumbered(in, "last-sequence"),
                    (out, there) -> {},
                    in -> true),
            new RecordJson<>(
                    Keyspaces.RETAINED,
                    TopicName.ofValid("\u0001"),
                    (out, topic) -> out.writeStringField("topic", MessageJson.text(topic)),
                    in -> MessageJson.topic(in.text("topic")),
                    MessageJson::write,
                    MessageJson::read),
            new RecordJson<>(
                    Keyspaces.WILLS, "", CLIENT, RecordJson::client, MessageJson::write, MessageJson::readWill));

    private static final Map<String, RecordJson<?, ?>> BY_NAME =
            ALL.stream().collect(Collectors.toUnmodifiableMap(one -> one.space().name(), one -> one));

    static RecordJson<?, ?> named(String keyspace) {
        RecordJson<?, ?> found = BY_NAME.get(keyspace);
        if (found == null) {
            throw new MisfitException("keyspace '" + keyspace + "' is not known");
        }
        return found;
    }

    /** A zero byte ends it in a key: with one inside, it would be the key of another client. */
    private static String client(JsonFields in) {
        String clientId = in.text("client");
        if (clientId.indexOf('\0') >= 0) {
            throw new MisfitException("'client' is no client identifier");
        }
        return clientId;
    }

    private static void writeNamed(JsonGenerator out, NamedKey key) throws IOException {
        out.writeStringField("client", key.clientId());
        out.writeStringField("filter", key.name());
    }

    private static void writeNumbered(JsonGenerator out, NumberedKey key, String number) throws IOException {
        out.writeStringField("client", key.clientId());
        out.writeNumberField(number, key.number());
    }

    private static NumberedKey readNumbered(JsonFields in, String number) {
        return new NumberedKey(client(in), in.number(number));
    }

    private static void writeSession(JsonGenerator out, SessionRecord session) throws IOException {
        out.writeNumberField("expiry-interval", session.expiryInterval());
        if (session.disconnectedAt() != SessionRecord.CONNECTED) {
            out.writeNumberField("disconnected-at", session.disconnectedAt());
        }
        MessageJson.optional(out, "username", session.username());
    }

    private static SessionRecord readSession(JsonFields in) {
        return new SessionRecord(
                in.number("expiry-interval"),
                in.numberOr("disconnected-at", SessionRecord.CONNECTED),
                in.optionalText("username"));
    }

    private static void writeSubscription(JsonGenerator out, SubscriptionRecord subscription) throws IOException {
        out.writeNumberField("qos", subscription.qos().value());
        MessageJson.flag(out, "no-local", subscription.noLocal());
        MessageJson.flag(out, "retain-as-published", subscription.retainAsPublished());
        out.writeNumberField("retain-handling", subscription.retainHandling().value());
        if (subscription.identifier() != 0) {
            out.writeNumberField("identifier", subscription.identifier());
        }
    }

    private static SubscriptionRecord readSubscription(JsonFields in) {
        return new SubscriptionRecord(
                MessageJson.qos(in),
                in.flag("no-local"),
                in.flag("retain-as-published"),
                RetainHandling.of((int) in.number("retain-handling", 0, 2)),
                in.has("identifier") ? (int) in.number("identifier", Integer.MIN_VALUE, Integer.MAX_VALUE) : 0);
    }

    private static void writeQueued(JsonGenerator out, QueueRecord record) throws IOException {
        out.writeNumberField("qos", record.qos().value());
        MessageJson.flag(out, "retain", record.retain());
        if (record.packetId() != 0) {
            out.writeNumberField("packet-id", record.packetId());
        }
        MessageJson.flag(out, "released", record.released());
        MessageJson.optional(out, "shared", record.group());
        if (record.identifiers().length > 0) {
            out.writeFieldName("identifiers");
            out.writeArray(record.identifiers(), 0, record.identifiers().length);
        }
        ApplicationMessage message = record.message();
        if (record.bodyId() != 0 || message == null) {
            out.writeNumberField("message-id", record.bodyId());
        } else {
            out.writeObjectFieldStart("message");
            MessageJson.write(out, message);
            out.writeEndObject();
        }
    }

    private static QueueRecord readQueued(JsonFields in) {
        List<?> list = in.list("identifiers");
        int[] identifiers = new int[list.size()];
        for (int i = 0; i < identifiers.length; i++) {
            if (!(list.get(i) instanceof Long number) || number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
                throw new MisfitException("'identifiers' is no list of numbers");
            }
            identifiers[i] = number.intValue();
        }
        long bodyId = 0;
        @Nullable ApplicationMessage message = null;
        JsonFields inline = in.optionalObject("message");
        if (inline == null) {
            bodyId = in.number("message-id");
            if (bodyId == 0) {
                throw new MisfitException("'message-id' is 0");
            }
        } else {
            message = MessageJson.read(inline);
            inline.end();
        }
        return new QueueRecord(
                bodyId,
                message,
                MessageJson.qos(in),
                in.flag("retain"),
                identifiers,
                in.has("packet-id") ? (int) in.number("packet-id", 0, 65_535) : 0,
                in.flag("released"),
                in.optionalText("shared"));
    }
}
