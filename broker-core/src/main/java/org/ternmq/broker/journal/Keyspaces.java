package org.ternmq.broker.journal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.spi.Codec;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.QoS;

/**
 * What the broker keeps, and how its keys and values are written. A client identifier inside a key ends with a zero byte,
 * which it cannot contain; numbers are big-endian; text sorts by its UTF-8 bytes.
 */
public final class Keyspaces {
    /** The version of all records here; a store with another one is not opened. */
    public static final long SCHEMA = 1;

    /** The one key of {@link #META}: the schema version. */
    public static final String SCHEMA_KEY = "schema";

    private static final int VERSION = 1;
    private static final int FLAG_RETAIN = 0x04;
    private static final int FLAG_RELEASED = 0x08;
    private static final int FLAG_GROUP = 0x10;
    private static final int FLAG_NO_LOCAL = 0x08;
    private static final int FLAG_AS_PUBLISHED = 0x10;

    /** A key of a session's own: by client, then by number. */
    public record NumberedKey(String clientId, long number) {}

    /** A key of a session's own: by client, then by text. */
    public record NamedKey(String clientId, String name) {}

    private static final Comparator<String> UTF8_ORDER = Keyspaces::compareUtf8;

    private static final Codec<String> TEXT =
            codec(text -> text.getBytes(StandardCharsets.UTF_8), bytes -> text(bytes, 0, bytes.length));

    private static final Codec<Long> NUMBER =
            codec(id -> ByteBuffer.allocate(8).putLong(id).array(), bytes -> {
                if (bytes.length != 8) {
                    throw new CorruptRecordException("key of " + bytes.length + " bytes");
                }
                return ByteBuffer.wrap(bytes).getLong();
            });

    private static final Codec<NumberedKey> NUMBERED = codec(
            key -> {
                byte[] client = key.clientId().getBytes(StandardCharsets.UTF_8);
                return ByteBuffer.allocate(client.length + 9)
                        .put(client)
                        .put((byte) 0)
                        .putLong(key.number())
                        .array();
            },
            bytes -> {
                int end = bytes.length - 9;
                if (end < 0 || bytes[end] != 0) {
                    throw new CorruptRecordException("key of " + bytes.length + " bytes");
                }
                return new NumberedKey(
                        text(bytes, 0, end), ByteBuffer.wrap(bytes, end + 1, 8).getLong());
            });

    private static final Codec<NamedKey> NAMED = codec(
            key -> {
                byte[] client = key.clientId().getBytes(StandardCharsets.UTF_8);
                byte[] name = key.name().getBytes(StandardCharsets.UTF_8);
                return ByteBuffer.allocate(client.length + 1 + name.length)
                        .put(client)
                        .put((byte) 0)
                        .put(name)
                        .array();
            },
            bytes -> {
                int end = 0;
                while (end < bytes.length && bytes[end] != 0) {
                    end++;
                }
                if (end == bytes.length) {
                    throw new CorruptRecordException("key without separator");
                }
                return new NamedKey(text(bytes, 0, end), text(bytes, end + 1, bytes.length - end - 1));
            });

    private static final Comparator<NumberedKey> NUMBERED_ORDER =
            Comparator.comparing(NumberedKey::clientId, UTF8_ORDER).thenComparingLong(NumberedKey::number);

    private static final Comparator<NamedKey> NAMED_ORDER =
            Comparator.comparing(NamedKey::clientId, UTF8_ORDER).thenComparing(NamedKey::name, UTF8_ORDER);

    /** The schema version. */
    public static final Keyspace<String, Long> META = new Keyspace<>(
            "meta",
            UTF8_ORDER,
            TEXT,
            codec(
                    value -> new RecordWriter(VERSION, 8).int64(value).finish(),
                    bytes -> RecordReader.read(bytes, VERSION, RecordReader::int64)));

    /** Sessions that outlive their connection, by client identifier. */
    public static final Keyspace<String, SessionRecord> SESSIONS = new Keyspace<>(
            "sessions",
            UTF8_ORDER,
            TEXT,
            codec(
                    s -> new RecordWriter(VERSION, 48)
                            .int64(s.expiryInterval())
                            .int64(s.disconnectedAt())
                            .text(s.username())
                            .finish(),
                    bytes -> RecordReader.read(
                            bytes, VERSION, in -> new SessionRecord(in.int64(), in.int64(), in.optionalText()))));

    /** Their subscriptions, by client identifier and filter as the client wrote it. */
    public static final Keyspace<NamedKey, SubscriptionRecord> SUBSCRIPTIONS = new Keyspace<>(
            "subscriptions",
            NAMED_ORDER,
            NAMED,
            codec(
                    s -> new RecordWriter(VERSION, 8)
                            .int8(s.qos().value()
                                    | (s.noLocal() ? FLAG_NO_LOCAL : 0)
                                    | (s.retainAsPublished() ? FLAG_AS_PUBLISHED : 0))
                            .int8(s.retainHandling().ordinal())
                            .int32(s.identifier())
                            .finish(),
                    bytes -> RecordReader.read(bytes, VERSION, in -> {
                        int flags = in.int8();
                        int handling = in.int8();
                        if (handling >= RetainHandling.values().length) {
                            throw new CorruptRecordException("retain handling " + handling);
                        }
                        return new SubscriptionRecord(
                                QoS.of(flags & 0x03),
                                (flags & FLAG_NO_LOCAL) != 0,
                                (flags & FLAG_AS_PUBLISHED) != 0,
                                RetainHandling.values()[handling],
                                in.int32());
                    })));

    /** Bodies that several sessions wait for, by a number of their own. */
    public static final Keyspace<Long, ApplicationMessage> MESSAGES = new Keyspace<>(
            "messages", Comparator.naturalOrder(), NUMBER, codec(Keyspaces::encodeMessage, Keyspaces::decodeMessage));

    /** What sessions wait for and have in flight, by client identifier and sequence. */
    public static final Keyspace<NumberedKey, QueueRecord> QUEUE =
            new Keyspace<>("queue", NUMBERED_ORDER, NUMBERED, codec(Keyspaces::encodeQueued, Keyspaces::decodeQueued));

    private static final Codec<Boolean> FLAG = codec(
            value -> new RecordWriter(VERSION, 1).int8(value ? 1 : 0).finish(),
            bytes -> RecordReader.read(bytes, VERSION, in -> in.int8() == 1));

    /** QoS 2 packet identifiers taken from clients and not yet released, by client identifier and packet identifier. */
    public static final Keyspace<NumberedKey, Boolean> INBOUND =
            new Keyspace<>("inbound", NUMBERED_ORDER, NUMBERED, FLAG);

    /** Sessions that have ended and left messages, by client identifier and the highest number of these; see {@link Discarded}. */
    public static final Keyspace<NumberedKey, Boolean> DISCARDED =
            new Keyspace<>("discarded", NUMBERED_ORDER, NUMBERED, FLAG);

    /** Retained messages, by topic. */
    public static final Keyspace<TopicName, ApplicationMessage> RETAINED = new Keyspace<>(
            "retained",
            Comparator.comparing(TopicName::utf8, Arrays::compareUnsigned),
            codec(TopicName::utf8, TopicName::ofValid),
            codec(Keyspaces::encodeMessage, Keyspaces::decodeMessage));

    /** Wills of sessions that outlive their connection, by client identifier. */
    public static final Keyspace<String, WillRecord> WILLS =
            new Keyspace<>("wills", UTF8_ORDER, TEXT, codec(Keyspaces::encodeWill, Keyspaces::decodeWill));

    /** All of them. */
    public static final List<Keyspace<?, ?>> ALL =
            List.of(META, SESSIONS, SUBSCRIPTIONS, MESSAGES, QUEUE, INBOUND, DISCARDED, RETAINED, WILLS);

    private Keyspaces() {}

    private interface Encoder<T> {
        byte[] encode(T value);
    }

    private interface Decoder<T> {
        T decode(byte[] bytes);
    }

    private static <T> Codec<T> codec(Encoder<T> encoder, Decoder<T> decoder) {
        return new Codec<>() {
            @Override
            public byte[] encode(T value) {
                return encoder.encode(value);
            }

            @Override
            public T decode(byte[] bytes) {
                return decoder.decode(bytes);
            }
        };
    }

    /** Strictly: what is not UTF-8 would come out as another key than it went in. */
    private static String text(byte[] bytes, int from, int length) {
        int ascii = from;
        while (ascii < from + length && bytes[ascii] >= 0) {
            ascii++;
        }
        if (ascii == from + length) { // most are, and a start reads very many
            return new String(bytes, from, length, StandardCharsets.US_ASCII);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CorruptRecordException("a key that is not UTF-8");
        }
    }

    /** Compares as the UTF-8 bytes would, which differs from {@code String.compareTo} for surrogates. */
    private static int compareUtf8(String a, String b) {
        int end = Math.min(a.length(), b.length());
        for (int i = 0; i < end; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean surrogateX = Character.isSurrogate(x);
                return surrogateX == Character.isSurrogate(y) ? x - y : surrogateX ? 1 : -1;
            }
        }
        return a.length() - b.length();
    }

    private static byte[] encodeMessage(ApplicationMessage message) {
        RecordWriter out = new RecordWriter(VERSION, message.footprint());
        writeMessage(out, message);
        return out.finish();
    }

    private static ApplicationMessage decodeMessage(byte[] bytes) {
        return RecordReader.read(bytes, VERSION, Keyspaces::readMessage);
    }

    private static void writeMessage(RecordWriter out, ApplicationMessage message) {
        out.int8(message.qos().value() | (message.retain() ? FLAG_RETAIN : 0))
                .int64(message.expiresAt())
                .bytes(message.topic().utf8())
                .bytes(message.payload())
                .bytes(message.properties())
                .text(message.publisher());
    }

    private static ApplicationMessage readMessage(RecordReader in) {
        int flags = in.int8();
        long expiresAt = in.int64();
        return new ApplicationMessage(
                TopicName.ofValid(in.bytes()),
                QoS.of(flags & 0x03),
                (flags & FLAG_RETAIN) != 0,
                in.bytes(),
                in.bytes(),
                expiresAt,
                in.optionalText());
    }

    private static byte[] encodeQueued(QueueRecord record) {
        ApplicationMessage message = record.message();
        RecordWriter out = new RecordWriter(VERSION, 32 + (message == null ? 0 : message.footprint()))
                .int64(record.bodyId())
                .int8(record.qos().value()
                        | (record.retain() ? FLAG_RETAIN : 0)
                        | (record.released() ? FLAG_RELEASED : 0)
                        | (record.group() == null ? 0 : FLAG_GROUP))
                .int16(record.packetId())
                .int16(record.identifiers().length);
        for (int identifier : record.identifiers()) {
            out.int32(identifier);
        }
        if (record.group() != null) {
            out.text(record.group());
        }
        if (record.bodyId() == 0) {
            writeMessage(out, Objects.requireNonNull(message));
        }
        return out.finish();
    }

    private static QueueRecord decodeQueued(byte[] bytes) {
        return RecordReader.read(bytes, VERSION, in -> {
            long bodyId = in.int64();
            int flags = in.int8();
            int packetId = in.int16();
            int[] identifiers = new int[in.int16()];
            for (int i = 0; i < identifiers.length; i++) {
                identifiers[i] = in.int32();
            }
            @Nullable String group = (flags & FLAG_GROUP) == 0 ? null : in.text();
            @Nullable ApplicationMessage message = bodyId == 0 ? readMessage(in) : null;
            return new QueueRecord(
                    bodyId,
                    message,
                    QoS.of(flags & 0x03),
                    (flags & FLAG_RETAIN) != 0,
                    identifiers,
                    packetId,
                    (flags & FLAG_RELEASED) != 0,
                    group);
        });
    }

    private static byte[] encodeWill(WillRecord record) {
        WillMessage will = record.will();
        ClientRecord client = record.client();
        RecordWriter out = new RecordWriter(VERSION, 128 + will.payload().length)
                .int64(record.dueAt())
                .int8(will.qos().value() | (will.retain() ? FLAG_RETAIN : 0))
                .int64(will.delayInterval())
                .int64(will.properties().messageExpiryInterval())
                .bytes(will.topic().utf8())
                .bytes(will.payload())
                .bytes(will.properties().forwarded())
                .bytes(client.address())
                .int32(client.port())
                .text(client.listener())
                .int8(client.protocolVersion())
                .int32(client.attributes().size());
        new TreeMap<>(client.attributes())
                .forEach((name, value) -> out.text(name).text(value));
        return out.finish();
    }

    private static WillRecord decodeWill(byte[] bytes) {
        return RecordReader.read(bytes, VERSION, in -> {
            long dueAt = in.int64();
            int flags = in.int8();
            long delay = in.int64();
            long expiry = in.int64();
            TopicName topic = TopicName.ofValid(in.bytes());
            byte[] payload = in.bytes();
            PublishProperties properties = new PublishProperties(in.bytes(), expiry);
            WillMessage will = new WillMessage(
                    topic, QoS.of(flags & 0x03), (flags & FLAG_RETAIN) != 0, payload, properties, delay);
            // Records of the time before rules were asked again have nothing more.
            return new WillRecord(will, dueAt, in.isAtEnd() ? ClientRecord.UNKNOWN : readClient(in));
        });
    }

    private static ClientRecord readClient(RecordReader in) {
        byte[] address = in.bytes();
        int port = in.int32();
        String listener = in.text();
        int version = in.int8();
        Map<String, String> attributes = new HashMap<>();
        for (int count = in.int32(); count > 0; count--) {
            attributes.put(in.text(), in.text());
        }
        return new ClientRecord(attributes, address, port, listener, version);
    }
}
