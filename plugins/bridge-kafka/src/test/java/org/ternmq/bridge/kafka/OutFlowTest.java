package org.ternmq.bridge.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.testkit.TestBrokerLink;
import org.ternmq.testkit.TestPluginContext;

/** Sends that fail, in the order in which a test has them fail. */
final class OutFlowTest {
    @TempDir
    Path folder = Path.of("");

    private final TestBrokerLink broker = new TestBrokerLink();
    private final List<MockProducer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();
    private OutFlow flow;
    private Status status;

    @BeforeEach
    void begin() {
        TestPluginContext context = new TestPluginContext(
                "lake",
                folder,
                Map.of(
                        "brokers", "127.0.0.1:1",
                        "reconnect-min", "1ms",
                        "reconnect-max", "5ms",
                        "topics", List.of(Map.of("out", "out/#", "topic", "t"))));
        KafkaBridgeSettings settings = context.config(KafkaBridgeSettings.class);
        status = new Status(broker);
        Watch watch = new Watch(settings, new ClientProperties(settings, "lake"), status, () -> {});
        flow = new OutFlow(
                settings,
                () -> {
                    MockProducer<byte[], byte[]> made =
                            new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
                    producers.add(made);
                    return made;
                },
                new Records(TopicRules.of(settings.topics()), "test-broker"),
                broker,
                context.clock(),
                status,
                watch,
                Thread::new);
        broker.subscribe(List.of(new Filter("out/#", QoS.AT_LEAST_ONCE)), flow);
    }

    @AfterEach
    void end() throws Exception {
        flow.close();
    }

    private CompletionStage<Void> deliver(String payload, QoS qos) {
        return broker.deliver(Message.builder("out/a").payload(payload).qos(qos).build());
    }

    private static void await(BooleanSupplier condition) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition::getAsBoolean);
    }

    private List<String> sent(int producer) {
        if (producer >= producers.size()) {
            return List.of();
        }
        return new ArrayList<>(producers.get(producer).history())
                .stream()
                        .map(each -> new String(each.value(), StandardCharsets.UTF_8))
                        .toList();
    }

    private static boolean isDone(CompletionStage<Void> stage) {
        return stage.toCompletableFuture().isDone();
    }

    @Test
    void allThatIsNotAcknowledgedGoesAgainInOrderWhenOneFails() {
        status.kafka(true, "there");
        List<CompletionStage<Void>> all = List.of(
                deliver("a", QoS.AT_LEAST_ONCE),
                deliver("b", QoS.AT_LEAST_ONCE),
                deliver("c", QoS.AT_LEAST_ONCE),
                deliver("d", QoS.AT_LEAST_ONCE));
        await(() -> sent(0).size() == 4);
        assertThat(producers.get(0).completeNext()).isTrue();
        await(() -> isDone(all.get(0)));
        assertThat(producers.get(0).errorNext(new TimeoutException("no answer")))
                .isTrue();
        await(() -> sent(1).size() == 3);
        assertThat(producers.get(0).closed()).isTrue();
        assertThat(sent(1)).containsExactly("b", "c", "d");
        assertThat(all.subList(1, 4)).noneMatch(OutFlowTest::isDone);
        for (int i = 0; i < 3; i++) {
            assertThat(producers.get(1).completeNext()).isTrue();
        }
        await(() -> all.stream().allMatch(OutFlowTest::isDone));
        assertThat(broker.dropped()).isEmpty();
    }

    @Test
    void whatKafkaNeverTakesIsDroppedAndTheOthersStayWithTheirProducer() {
        status.kafka(true, "there");
        CompletionStage<Void> large = deliver("large", QoS.AT_LEAST_ONCE);
        CompletionStage<Void> next = deliver("next", QoS.AT_LEAST_ONCE);
        await(() -> sent(0).size() == 2);
        producers.get(0).errorNext(new RecordTooLargeException("too large"));
        await(() -> isDone(large));
        assertThat(broker.dropped()).hasSize(1);
        producers.get(0).completeNext();
        await(() -> isDone(next));
        assertThat(producers).hasSize(1);
    }

    @Test
    void qosZeroIsDroppedWhileNobodyIsThereAndTheRestWaits() {
        CompletionStage<Void> zero = deliver("zero", QoS.AT_MOST_ONCE);
        CompletionStage<Void> one = deliver("one", QoS.AT_LEAST_ONCE);
        await(() -> isDone(zero));
        assertThat(broker.dropped()).hasSize(1);
        assertThat(producers).isEmpty();
        status.kafka(true, "there");
        flow.changed();
        await(() -> sent(0).size() == 1);
        producers.get(0).completeNext();
        await(() -> isDone(one));
    }
}
