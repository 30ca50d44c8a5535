package org.ternmq.bridge.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;
import org.ternmq.testkit.BridgeConformance;
import org.ternmq.testkit.TestPluginContext;

/** The bridge and a real Kafka. */
final class KafkaBridgeTest extends BridgeConformance {
    private static final String GROUP = "ternmq-lake-test-bro"; // made of the names of the bridge and the broker

    @TempDir
    static Path kafkaFolder = Path.of("");

    private static TestKafka kafka;

    @TempDir
    Path folder = Path.of("");

    private final Map<String, Object> settings = new HashMap<>();
    private final List<TestPluginContext> contexts = new ArrayList<>();
    private String name = "";

    @BeforeAll
    static void startKafka() throws Exception {
        kafka = new TestKafka(kafkaFolder);
    }

    @AfterAll
    static void stopKafka() throws Exception {
        kafka.close();
    }

    @BeforeEach
    void topicsOfItsOwn(TestInfo info) throws Exception {
        name = info.getTestMethod().orElseThrow().getName();
        kafka.create(name + "-out", 1);
        kafka.create(name + "-in", 1);
        settings.put("brokers", "127.0.0.1:" + kafka.relay().port());
        settings.put("group", name);
        settings.put("from", "earliest");
        settings.put("probe", "100ms");
        settings.put("connect-timeout", "1s");
        settings.put("reconnect-min", "20ms");
        settings.put("reconnect-max", "100ms");
        topics(Map.of("out", "out/#", "topic", name + "-out"), Map.of("in", name + "-in", "topic", "in/{topic}"));
    }

    private void topics(Map<String, Object> only) {
        settings.put("topics", List.of(only));
    }

    private void topics(Map<String, Object> first, Map<String, Object> second) {
        settings.put("topics", List.of(first, second));
    }

    @AfterEach
    void endContexts() {
        contexts.forEach(TestPluginContext::close);
    }

    @Override
    protected Bridge bridge() {
        TestPluginContext context = new TestPluginContext("lake", folder, settings);
        contexts.add(context);
        return new KafkaBridgeFactory().create(context);
    }

    @Override
    protected void comeBack() throws Exception {
        kafka.relay().open();
    }

    @Override
    protected void goAway() throws Exception {
        kafka.relay().shut();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    protected List<String> arrivedThere() {
        return kafka.records(name + "-out").stream()
                .map(each -> text(each.value()))
                .toList();
    }

    @Override
    protected void sendFromThere(String payload) throws Exception {
        kafka.send(new ProducerRecord<>(name + "-in", bytes(payload)));
    }

    private void startConnected() throws Exception {
        comeBack();
        start();
        await("connected", () -> broker().states().contains(State.CONNECTED));
    }

    private CompletionStage<Void> deliver(String topic, String payload) {
        return broker().deliver(Message.builder(topic)
                .payload(payload)
                .qos(QoS.AT_LEAST_ONCE)
                .build());
    }

    private static void awaitDone(CompletionStage<Void> stage) {
        await("completed", () -> stage.toCompletableFuture().isDone());
        assertThat(stage.toCompletableFuture()).isCompleted();
    }

    private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
        Map<String, String> all = new HashMap<>();
        record.headers().forEach(each -> all.put(each.key(), text(each.value())));
        return all;
    }

    private List<String> published() {
        return broker().published().stream()
                .map(each -> each.topic() + " " + StandardCharsets.UTF_8.decode(each.payload()))
                .toList();
    }

    @Test
    void writesRecordsAsDocumented() throws Exception {
        kafka.create("plant.7", 3);
        topics(Map.of("out", "out/#", "topic", "{2}.{3}", "key", "{topic}/{property:sensor}"));
        startConnected();
        awaitDone(broker().deliver(Message.builder("out/plant/7")
                .payload("21.5")
                .qos(QoS.AT_LEAST_ONCE)
                .retain(true)
                .contentType("text/plain")
                .responseTopic("re/ply")
                .correlationData(ByteBuffer.wrap(bytes("c1")))
                .expiryInterval(60)
                .userProperty("sensor", "s1")
                .userProperty("mqtt.topic", "forged")
                .build()));
        ConsumerRecord<byte[], byte[]> record = kafka.records("plant.7").get(0);
        assertThat(text(record.key())).isEqualTo("out/plant/7/s1");
        assertThat(text(record.value())).isEqualTo("21.5");
        assertThat(headers(record))
                .isEqualTo(Map.of(
                        "sensor", "s1",
                        "mqtt.topic", "out/plant/7",
                        "mqtt.qos", "1",
                        "mqtt.retain", "true",
                        "mqtt.utf8", "true",
                        "mqtt.content-type", "text/plain",
                        "mqtt.response-topic", "re/ply",
                        "mqtt.correlation-data", "c1",
                        "mqtt.expiry", "60",
                        "ternmq-origin", "test-broker/plant.7"));
    }

    /** By topic, also over partitions and cut connections. */
    @Test
    void keepsTheOrderOfEachTopicOverCutConnections() throws Exception {
        kafka.create("cut", 3);
        topics(Map.of("out", "out/#", "topic", "cut"));
        startConnected();
        List<CompletionStage<Void>> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            all.add(deliver("out/" + i % 5, Integer.toString(i)));
            if (i % 100 == 50) {
                int some = i - 40;
                await("some", () -> all.get(some).toCompletableFuture().isDone());
                goAway();
                comeBack();
            }
        }
        all.forEach(KafkaBridgeTest::awaitDone);
        Map<String, List<Integer>> byKey = kafka.records("cut").stream()
                .collect(Collectors.groupingBy(
                        each -> text(each.key()),
                        Collectors.mapping(each -> Integer.valueOf(text(each.value())), Collectors.toList())));
        for (int key = 0; key < 5; key++) {
            int first = key;
            assertThat(byKey.get("out/" + key))
                    .isEqualTo(
                            IntStream.range(0, 60).mapToObj(i -> first + 5 * i).toList());
        }
    }

    @Test
    void dropsWhatKafkaWillNeverTakeAndGoesOn() throws Exception {
        topics(Map.of("out", "out/name/#", "topic", "{3}"), Map.of("out", "out/#", "topic", name + "-out"));
        startConnected();
        awaitDone(deliver("out/large", "x".repeat(1_100_000))); // max.request.size is 1 MiB
        awaitDone(deliver("out/name/a b", "a blank"));
        awaitDone(deliver("out/name/__consumer_offsets", "Kafka's own"));
        awaitDone(deliver("out/name", "no third level"));
        awaitDone(deliver("out/a", "good"));
        assertThat(arrivedThere()).containsExactly("good");
        assertThat(broker().dropped())
                .extracting(Message::topic)
                .containsExactly("out/large", "out/name/a b", "out/name/__consumer_offsets", "out/name");
    }

    @Test
    void waitsForATopicThatIsMissing() throws Exception {
        topics(Map.of("out", "out/#", "topic", "later"));
        startConnected();
        List<CompletionStage<Void>> all =
                IntStream.range(0, 3).mapToObj(i -> deliver("out/a", "m" + i)).toList();
        await("said", () -> broker().states().get(broker().states().size() - 1) == State.DISCONNECTED);
        kafka.create("later", 1);
        all.forEach(KafkaBridgeTest::awaitDone);
        assertThat(kafka.records("later"))
                .extracting(each -> text(each.value()))
                .containsExactly("m0", "m1", "m2");
        assertThat(broker().dropped()).isEmpty();
    }

    @Test
    void dropsForATopicThatIsMissingIfItIsTold() throws Exception {
        settings.put("unwritable-topic", "drop");
        topics(Map.of("out", "out/#", "topic", "{2}"));
        startConnected();
        awaitDone(deliver("out/nowhere", "lost"));
        awaitDone(deliver("out/" + name + "-out", "kept"));
        assertThat(arrivedThere()).containsExactly("kept");
        assertThat(broker().dropped()).hasSize(1);
    }

    @Test
    void takesRecordsInAsDocumented() throws Exception {
        topics(Map.of("in", name + "-in", "topic", "from/{topic}/{partition}/{key}/{header:unit}", "retain", true));
        startConnected();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(name + "-in", bytes("k"), bytes("v"));
        record.headers()
                .add("unit", bytes("u"))
                .add("binary", new byte[] {0, 0, 0, 1})
                .add("mqtt.content-type", bytes("text/plain"))
                .add("mqtt.correlation-data", new byte[] {0, 1})
                .add("mqtt.expiry", bytes("9"));
        kafka.send(record);
        kafka.send(new ProducerRecord<>(name + "-in", null, bytes("no key")));
        kafka.send(new ProducerRecord<>(name + "-in", bytes("a/#"), bytes("a wildcard")));
        ProducerRecord<byte[], byte[]> tombstone = new ProducerRecord<>(name + "-in", bytes("gone"), null);
        tombstone.headers().add("unit", bytes("u"));
        kafka.send(tombstone);
        await("both", () -> broker().published().size() == 2);
        Message first = broker().published().get(0);
        assertThat(first)
                .isEqualTo(Message.builder("from/" + name + "-in/0/k/u")
                        .payload(ByteBuffer.wrap(bytes("v")))
                        .qos(QoS.AT_LEAST_ONCE)
                        .retain(true)
                        .contentType("text/plain")
                        .correlationData(ByteBuffer.wrap(new byte[] {0, 1}))
                        .expiryInterval(9)
                        .userProperty("ternmq-in", "test-broker")
                        .userProperty("unit", "u")
                        .build());
        assertThat(broker().published().get(1).payload().remaining()).isZero();
        assertThat(broker().dropped()).hasSize(2);
        await("committed", () -> committed().equals("4"));
    }

    private String committed() {
        try {
            return kafka.committed(name, name + "-in").map(String::valueOf).orElse("nothing");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void commitsOnlyWhatIsSafeHereAndTakesNoMoreThanItsWindow() throws Exception {
        settings.put("max-in-flight", 10);
        ConcurrentLinkedQueue<CompletableFuture<Void>> unsafe = new ConcurrentLinkedQueue<>();
        broker().answers(message -> {
            CompletableFuture<Void> safe = new CompletableFuture<>();
            unsafe.add(safe);
            return safe;
        });
        for (int i = 0; i < 40; i++) {
            sendFromThere("m" + i);
        }
        startConnected();
        await("a window", () -> unsafe.size() >= 10);
        CompletableFuture<Void> first = unsafe.remove();
        unsafe.forEach(each -> each.complete(null)); // all but the first
        unsafe.clear();
        await("more", () -> unsafe.size() >= 5);
        assertThat(broker().published()).hasSizeLessThanOrEqualTo(30);
        assertThat(committed()).as("what is behind an unsafe record").isEqualTo("0");
        first.complete(null);
        await("all", () -> {
            unsafe.forEach(each -> each.complete(null));
            return broker().published().size() == 40 && committed().equals("40");
        });
        assertThat(published()).doesNotHaveDuplicates();
    }

    @Test
    void takesARecordAgainForWhichThereWasNoRoom() throws Exception {
        AtomicInteger refusals = new AtomicInteger();
        broker().answers(message -> refusals.incrementAndGet() <= 2
                ? CompletableFuture.failedFuture(new RefusedException(0x97, "no room"))
                : CompletableFuture.completedFuture(null));
        startConnected();
        sendFromThere("patient");
        await("three times", () -> broker().published().size() == 3);
        await("committed", () -> committed().equals("1"));
        assertThat(broker().dropped()).isEmpty();
    }

    @Test
    void dropsRecordsThatAreTooLarge() throws Exception {
        settings.put("max-message-size", "10");
        startConnected();
        sendFromThere("x".repeat(11));
        sendFromThere("fits");
        await("the second", () -> published().contains("in/" + name + "-in fits"));
        assertThat(published()).hasSize(1);
        assertThat(broker().dropped()).hasSize(1);
    }

    @Test
    void doesNotTakeInWhatItWrote() throws Exception {
        topics(Map.of("out", "out/#", "topic", name + "-in"), Map.of("in", name + "-in", "topic", "in/{topic}"));
        startConnected();
        awaitDone(deliver("out/a", "own"));
        sendFromThere("foreign");
        await("the other one", () -> !published().isEmpty());
        assertThat(published()).containsExactly("in/" + name + "-in foreign");
    }

    /** What is written while a new group is away before its first commit is not lost. */
    @Test
    void beginsAtTheEndOnce() throws Exception {
        settings.put("from", "latest");
        settings.remove("group");
        sendFromThere("old");
        comeBack();
        Bridge first = start();
        await("a place", () -> {
            try {
                return kafka.committed(GROUP, name + "-in").equals(Optional.of(1L));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        first.close();
        sendFromThere("while away");
        start();
        await("the one", () -> !published().isEmpty());
        assertThat(published()).containsExactly("in/" + name + "-in while away");
        Set<UserProperty> properties = new HashSet<>(broker().published().get(0).userProperties());
        assertThat(properties).contains(new UserProperty("ternmq-in", "test-broker"));
    }
}
