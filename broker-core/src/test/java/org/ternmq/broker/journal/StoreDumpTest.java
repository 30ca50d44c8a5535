package org.ternmq.broker.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.BytesStorage.Killed;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.ForwardedProperty;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** A store as lines of JSON, and back. */
final class StoreDumpTest {
    private static final List<String> HOSTILE = List.of(
            "a",
            "\"",
            "\\",
            "\\u0000",
            "{\"end\":{}}",
            "\n",
            "\r\n{\"keyspace\":\"sessions\"}\n",
            "\u0001",
            "\u001F\u007F\u0085",
            "\u2028\u2029",
            "\uFEFF",
            "\uFFFE\uFFFF",
            "\uD83D\uDE00",
            "é",
            "</script>",
            "../..",
            "+/#",
            "$share/g/x",
            " ");

    /** What may be in a store, made of one number. */
    private static final class Contents {
        private final Random random;

        Contents(long seed) {
            random = new Random(seed);
        }

        String text() {
            StringBuilder text = new StringBuilder("x");
            for (int i = random.nextInt(4); i > 0; i--) {
                text.append(HOSTILE.get(random.nextInt(HOSTILE.size())));
            }
            return random.nextInt(4) == 0 ? text.substring(1) + "y" : text.toString();
        }

        @Nullable
        String maybe() {
            return random.nextBoolean() ? null : text();
        }

        byte[] bytes() {
            byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 5_000 : 20)];
            random.nextBytes(bytes);
            return bytes;
        }

        long number() {
            return switch (random.nextInt(4)) {
                case 0 -> random.nextInt(100);
                case 1 -> Long.MAX_VALUE - random.nextInt(3);
                default -> random.nextLong() >>> 1 + random.nextInt(60);
            };
        }

        QoS qos() {
            return QoS.of(random.nextInt(3));
        }

        byte[] properties() {
            List<ForwardedProperty> properties = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                properties.add(
                        switch (random.nextInt(5)) {
                            case 0 -> new ForwardedProperty.PayloadFormat(random.nextInt(2));
                            case 1 -> new ForwardedProperty.ContentType(text());
                            case 2 -> new ForwardedProperty.ResponseTopic(text());
                            case 3 -> new ForwardedProperty.CorrelationData(bytes());
                            default -> new ForwardedProperty.User(random.nextBoolean() ? "" : text(), text());
                        });
            }
            return ForwardedProperty.encode(properties);
        }

        ApplicationMessage message() {
            return new ApplicationMessage(
                    TopicName.ofValid(text()),
                    qos(),
                    random.nextBoolean(),
                    bytes(),
                    properties(),
                    random.nextBoolean() ? ApplicationMessage.NEVER : number(),
                    maybe());
        }

        QueueRecord queued() {
            boolean apart = random.nextBoolean();
            int[] identifiers = random.ints(random.nextInt(3), 1, 268_435_456).toArray();
            return new QueueRecord(
                    apart ? 1 + (number() >>> 1) : 0,
                    apart ? null : message(),
                    qos(),
                    random.nextBoolean(),
                    identifiers,
                    random.nextInt(65_536),
                    random.nextBoolean(),
                    maybe());
        }

        WriteBatch batch() {
            WriteBatch batch = new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA);
            for (int i = random.nextInt(30); i > 0; i--) {
                switch (random.nextInt(8)) {
                    case 0 ->
                        batch.put(
                                Keyspaces.SESSIONS,
                                text(),
                                new SessionRecord(
                                        random.nextInt() & 0xFFFF_FFFFL,
                                        random.nextBoolean() ? SessionRecord.CONNECTED : number(),
                                        maybe()));
                    case 1 ->
                        batch.put(
                                Keyspaces.SUBSCRIPTIONS,
                                new NamedKey(text(), text()),
                                new SubscriptionRecord(
                                        qos(),
                                        random.nextBoolean(),
                                        random.nextBoolean(),
                                        RetainHandling.of(random.nextInt(3)),
                                        random.nextInt(2) * random.nextInt(268_435_456)));
                    case 2 -> batch.put(Keyspaces.MESSAGES, number(), message());
                    case 3 -> batch.put(Keyspaces.QUEUE, new NumberedKey(text(), number()), queued());
                    case 4 ->
                        batch.put(
                                Keyspaces.INBOUND,
                                new NumberedKey(text(), 1 + random.nextInt(65_535)),
                                random.nextBoolean());
                    case 6 -> batch.put(Keyspaces.DISCARDED, new NumberedKey(text(), number()), true);
                    case 5 -> batch.put(Keyspaces.RETAINED, TopicName.ofValid(text()), message());
                    default ->
                        batch.put(
                                Keyspaces.WILLS,
                                text(),
                                new WillRecord(
                                        new WillMessage(
                                                TopicName.ofValid(text()),
                                                qos(),
                                                random.nextBoolean(),
                                                bytes(),
                                                new PublishProperties(
                                                        properties(),
                                                        random.nextBoolean() ? PublishProperties.NEVER : number()),
                                                number()),
                                        random.nextBoolean() ? WillRecord.CONNECTED : number(),
                                        client()));
                }
            }
            return batch;
        }

        private ClientRecord client() {
            return random.nextBoolean()
                    ? ClientRecord.UNKNOWN
                    : new ClientRecord(
                            Map.of("a", text(), text() + "b", ""), new byte[] {127, 0, 0, 1}, 1883, text(), 5);
        }
    }

    private static BytesStorage store(long seed) {
        BytesStorage storage = new BytesStorage();
        storage.write(List.of(new Contents(seed).batch()), Durability.POWER);
        return storage;
    }

    private static byte[] export(BytesStorage storage) throws IOException, DumpException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new StoreExport(storage, counts -> {}).write(out, "1.2.3");
        return out.toByteArray();
    }

    private static DumpCounts load(BytesStorage storage, byte[] dump, boolean replace)
            throws IOException, DumpException {
        return new StoreImport(storage, counts -> {}).read(new ByteArrayInputStream(dump), replace);
    }

    private static DumpCounts load(BytesStorage storage, String dump) throws IOException, DumpException {
        return load(storage, dump.getBytes(UTF_8), false);
    }

    @Property(tries = 300)
    void comesBackAsItWas(@ForAll long seed) throws Exception {
        BytesStorage storage = store(seed);
        byte[] dump = export(storage);
        BytesStorage other = new BytesStorage();
        load(other, dump, false);
        assertThat(other.contents()).isEqualTo(storage.contents());
        assertThat(export(other)).isEqualTo(dump);
    }

    /** A client cannot write lines of its own. */
    @Property(tries = 100)
    void hasOneRecordInALine(@ForAll long seed) throws Exception {
        BytesStorage storage = store(seed);
        String dump = new String(export(storage), UTF_8);
        int records = storage.contents().values().stream().mapToInt(List::size).sum() - 1; // but the schema version
        assertThat(dump.split("\n", -1)).hasSize(records + 3);
        assertThat(dump.lines())
                .allMatch(line -> line.startsWith("{\"format\":\"ternmq-store\"")
                        || line.startsWith("{\"keyspace\":\"")
                        || line.startsWith("{\"end\":"));
    }

    @Test
    void readsAsTyped() throws Exception {
        BytesStorage storage = new BytesStorage();
        byte[] properties = ForwardedProperty.encode(
                List.of(new ForwardedProperty.ContentType("text/plain"), new ForwardedProperty.User("a", "b")));
        ApplicationMessage message = new ApplicationMessage(
                TopicName.ofValid("t"), QoS.AT_LEAST_ONCE, true, "hello".getBytes(UTF_8), properties, 1_000, "ada");
        storage.write(
                List.of(new WriteBatch()
                        .put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA)
                        .put(Keyspaces.SESSIONS, "c", new SessionRecord(60, SessionRecord.CONNECTED, "ada"))
                        .put(Keyspaces.RETAINED, TopicName.ofValid("t"), message)),
                Durability.POWER);
        assertThat(new String(export(storage), UTF_8)).isEqualTo("""
                {"format":"ternmq-store","version":1,"schema":%d,"broker":"1.2.3"}
                {"keyspace":"sessions","key":{"client":"c"},"fields":{"expiry-interval":60,"username":"ada"}}
                {"keyspace":"retained","key":{"topic":"t"},"fields":{"topic":"t","qos":1,"retain":true,"expires-at":1000,\
                "publisher":"ada","properties":[{"content-type":"text/plain"},{"user-property":"a","value":"b"}],\
                "payload":"aGVsbG8="}}
                {"end":{"retained":1,"sessions":1,"unreadable":0}}
                """.formatted(Keyspaces.SCHEMA));
    }

    @Test
    void recognisesAFileThatWasCutAnywhere() throws Exception {
        byte[] dump = export(store(7));
        assertThat(dump.length).isGreaterThan(500);
        BytesStorage empty = new BytesStorage();
        for (int length = 0; length < dump.length - 1; length++) { // the last byte is a line feed
            byte[] cut = Arrays.copyOf(dump, length);
            assertThatThrownBy(() -> StoreImport.verify(new ByteArrayInputStream(cut), counts -> {}))
                    .as("%d bytes", length)
                    .isInstanceOf(DumpException.class)
                    .hasMessageContaining("line");
        }
        assertThat(empty.contents()).isEmpty();
    }

    @Test
    void recognisesALineThatIsMissingOrTooMany() throws Exception {
        String dump = new String(export(store(7)), UTF_8);
        List<String> lines = dump.lines().toList();
        for (int i = 1; i < lines.size() - 1; i++) {
            List<String> fewer = new ArrayList<>(lines);
            fewer.remove(i);
            assertThatThrownBy(() -> load(new BytesStorage(), String.join("\n", fewer)))
                    .isInstanceOf(DumpException.class)
                    .hasMessageContaining("lines are missing");
        }
        assertThatThrownBy(() -> load(new BytesStorage(), dump + lines.get(1)))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("more behind the last line");
    }

    @Test
    void saysWhatDoesNotFit() {
        String head =
                "{\"format\":\"ternmq-store\",\"version\":1,\"schema\":" + Keyspaces.SCHEMA + ",\"broker\":\"x\"}\n";
        String session = "{\"keyspace\":\"sessions\",\"key\":{\"client\":\"c\"},\"fields\":{\"expiry-interval\":60}}\n";
        refused("{}", "not what `ternmq export` writes");
        refused("hello", "line 1");
        refused(head.replace("\"version\":1", "\"version\":2"), "the file has version 2");
        refused(head.replace("\"schema\":" + Keyspaces.SCHEMA, "\"schema\":99"), "schema version 99");
        refused(head + session.replace("sessions", "cats"), "line 2: keyspace 'cats' is not known");
        refused(head + session + session.replace("60", "\"60\""), "line 3: 'expiry-interval' is no number");
        refused(head + session.replace("\"expiry-interval\":60", ""), "line 2: 'expiry-interval' is missing");
        refused(head + session.replace("60", "60,\"colour\":1"), "line 2: 'colour' is not known");
        refused(head + session.replace("60", "60,\"expiry-interval\":61"), "line 2: no whole JSON");
        refused(head + session.replace("\"c\"", "\"c\\u0000d\""), "line 2: 'client' is no client identifier");
        refused(head + "{\"keyspace\":\"retained\",\"key\":{\"topic\":\"a\\u0000b\"},\"fields\":{}}\n", "no topic");
    }

    private static void refused(String dump, String why) {
        assertThatThrownBy(() -> load(new BytesStorage(), dump))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining(why);
    }

    @Test
    void goesIntoAnEmptyStoreOnlyUnlessToldToReplace() throws Exception {
        byte[] dump = export(store(7));
        BytesStorage other = store(8);
        other.of(Keyspaces.SESSIONS).put(new byte[] {1, 0, (byte) 0xFF}, new byte[] {9}); // no readable key
        assertThatThrownBy(() -> load(other, dump, false))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("--replace");
        assertThat(other.contents()).as("nothing was changed").containsKey("sessions");
        load(other, dump, true);
        assertThat(other.contents()).isEqualTo(store(7).contents());
    }

    @Test
    void keepsABrokerFromStartingOnHalfAnImport() throws Exception {
        byte[] dump = export(store(7));
        BytesStorage half = new BytesStorage();
        half.killAt(3);
        assertThatThrownBy(() -> load(half, dump, false)).isInstanceOf(Killed.class);
        assertThatThrownBy(() -> new Recovery(half, new Quarantine(Path.of("unused"), new Metrics()), true).run())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("import")
                .hasMessageContaining("--replace");
        assertThatThrownBy(() -> export(half)).isInstanceOf(DumpException.class);
        assertThatThrownBy(() -> load(half, dump, false))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("--replace");
        load(half, dump, true);
        assertThat(half.contents()).isEqualTo(store(7).contents());
    }

    @Test
    void takesUnreadableRecordsAlongAsBytes() throws Exception {
        BytesStorage storage = store(7);
        byte[] key = Keyspaces.RETAINED.keys().encode(TopicName.ofValid("broken"));
        storage.of(Keyspaces.RETAINED)
                .put(key, ByteBuffer.allocate(8).putLong(42).array());
        byte[] dump = export(storage);
        assertThat(new String(dump, UTF_8))
                .contains("\"unreadable\":\"")
                .contains("\"raw-key\":\"YnJva2Vu\"")
                .contains("\"raw-value\":\"AAAAAAAAACo=\"");
        BytesStorage other = new BytesStorage();
        assertThat(load(other, dump, false).unreadableRecords()).isEqualTo(1);
        assertThat(other.contents()).isEqualTo(store(7).contents());
    }

    @Test
    void exportsNoStoreOfAnotherSchema() {
        BytesStorage storage = store(7);
        storage.write(
                List.of(new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA - 1)),
                Durability.POWER);
        assertThatThrownBy(() -> export(storage))
                .isInstanceOf(DumpException.class)
                .hasMessageContaining("schema version " + (Keyspaces.SCHEMA - 1));
    }
}
