package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.HiveMq3Client.done;
import static org.ternmq.system.SharedBroker.unique;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.TestClient.Options;

/** What a subscription can ask for. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class SubscriptionIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private final String top = unique("subscription");

    private static HiveMq5Client connect() throws Exception {
        return HiveMq5Client.connect(Options.of(BROKER.port(), unique("client")));
    }

    private static void subscribe(HiveMq5Client client, Mqtt5Subscription subscription) throws Exception {
        done(client.client().subscribeWith().addSubscription(subscription).send());
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"HIVEMQ_3", "HIVEMQ_5", "PAHO_3", "PAHO_5"})
    @Mqtt5("3.3.4-2")
    @Mqtt311("3.3.5-1")
    void thatOverlapGiveOneCopy(ClientKind kind) throws Exception {
        try (TestClient subscriber = kind.connect(Options.of(BROKER.port(), unique("subscriber")));
                TestClient publisher = connect()) {
            subscriber.subscribe(top + "/#", 0);
            subscriber.subscribe(top + "/+", 2);
            subscriber.subscribe(top + "/a", 1);
            publisher.publish(top + "/a", 2, "one copy");
            publisher.publish(top + "/b", 2, "end");
            assertThat(subscriber.until("end"))
                    .as("with the highest QoS of them (MQTT5-3.3.4-2)")
                    .containsExactly(
                            new Received(top + "/a", "one copy", 2, false), new Received(top + "/b", "end", 2, false));
        }
    }

    @Test
    @Mqtt5({"3.3.4-3", "3.3.4-4"})
    void thatOverlapGiveAllTheirIdentifiers() throws Exception {
        try (RawClient subscriber = RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(unique("raw")))) {
            subscribeRaw(subscriber, 5, top + "/#");
            subscribeRaw(subscriber, 268_435_455, top + "/+"); // the largest there is
            subscribeRaw(subscriber, 7, top + "/other");
            subscriber.send(subscriber.publish(top + "/a", 0, 0, 0, "both"));
            byte[] identifiers = subscriber.expectPublish().properties();
            assertThat(subscriber.poll(Duration.ofMillis(100))).as("one copy").isEmpty();
            byte[] low = new Bytes().u8(0x0B).varInt(5).toArray();
            byte[] high = new Bytes().u8(0x0B).varInt(268_435_455).toArray();
            assertThat(identifiers)
                    .as("both identifiers in one copy (MQTT5-3.3.4-3, MQTT5-3.3.4-4)")
                    .isIn(
                            new Bytes().bytes(low).bytes(high).toArray(),
                            new Bytes().bytes(high).bytes(low).toArray());
        }
    }

    private static void subscribeRaw(RawClient client, int identifier, String filter) throws Exception {
        Bytes body = new Bytes()
                .u16(1)
                .counted(new Bytes().u8(0x0B).varInt(identifier))
                .text(filter)
                .u8(0);
        client.send(new Bytes().u8(0x82).counted(body).toArray());
        client.expect(RawPacket.SUBACK);
    }

    @Test
    @Mqtt5("3.8.3-3")
    void canLeaveOutOnesOwnMessages() throws Exception {
        try (HiveMq5Client subscriber = connect();
                TestClient other = connect()) {
            subscribe(
                    subscriber,
                    Mqtt5Subscription.builder()
                            .topicFilter(top)
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .noLocal(true)
                            .build());
            subscriber.publish(top, 1, "my own");
            other.publish(top, 1, "another's");
            assertThat(subscriber.until("another's")).as("MQTT5-3.8.3-3").hasSize(1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    @Mqtt5({"3.3.1-9", "3.3.1-10", "3.3.1-11"})
    void saysWhenItWantsRetainedMessages(Mqtt5RetainHandling handling) throws Exception {
        try (HiveMq5Client subscriber = connect();
                TestClient publisher = connect()) {
            publisher.publish(top, 1, true, List.of("retained"));
            Mqtt5Subscription subscription = Mqtt5Subscription.builder()
                    .topicFilter(top)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .retainHandling(handling)
                    .build();
            subscribe(subscriber, subscription);
            publisher.publish(top, 1, "first");
            List<Received> received = new ArrayList<>(subscriber.until("first")); // before it subscribes again
            subscribe(subscriber, subscription);
            publisher.publish(top, 1, "second");
            received.addAll(subscriber.until("second"));
            List<String> expected = switch (handling) {
                case SEND -> List.of("retained", "first", "retained", "second"); // MQTT5-3.3.1-9
                case SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST -> List.of("retained", "first", "second"); // -10
                case DO_NOT_SEND -> List.of("first", "second"); // MQTT5-3.3.1-11
            };
            assertThat(received).extracting(Received::payload).containsExactlyElementsOf(expected);
            publisher.clearRetained(top);
        }
    }

    @Test
    @Mqtt5("3.3.1-13")
    void canKeepTheRetainFlag() throws Exception {
        try (HiveMq5Client subscriber = connect();
                TestClient publisher = connect()) {
            subscribe(
                    subscriber,
                    Mqtt5Subscription.builder()
                            .topicFilter(top)
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .retainAsPublished(true)
                            .build());
            publisher.publish(top, 1, true, List.of("retained"));
            publisher.publish(top, 1, "not retained");
            assertThat(subscriber.until("not retained"))
                    .as("MQTT5-3.3.1-13")
                    .containsExactly(
                            new Received(top, "retained", 1, true), new Received(top, "not retained", 1, false));
            publisher.clearRetained(top);
        }
    }

    @Test
    void canBeShared() throws Exception {
        try (HiveMq5Client one = connect();
                Paho5Client two = Paho5Client.connect(Options.of(BROKER.port(), unique("client")));
                HiveMq3Client otherGroup = HiveMq3Client.connect(Options.of(BROKER.port(), unique("client")));
                HiveMq5Client alone = connect();
                TestClient publisher = connect()) {
            publisher.publish(top + "/a", 1, true, List.of("retained"));
            one.subscribe("$share/workers/" + top + "/+", 1);
            two.subscribe("$share/workers/" + top + "/+", 1);
            otherGroup.subscribe("$share/other/" + top + "/+", 1);
            alone.subscribe(top + "/b", 1);
            List<String> numbers =
                    IntStream.range(0, 100).mapToObj(Integer::toString).toList();
            publisher.publish(top + "/b", 1, false, numbers);

            assertThat(alone.until("99")).extracting(Received::payload).containsExactlyElementsOf(numbers);
            assertThat(otherGroup.until("99"))
                    .as("the whole group's (MQTT5 4.8.2); no retained message at subscription")
                    .extracting(Received::payload)
                    .containsExactlyElementsOf(numbers);
            List<Received> both = new ArrayList<>();
            Awaitility.await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
                one.received().drainTo(both);
                two.received().drainTo(both);
                assertThat(both).hasSizeGreaterThanOrEqualTo(numbers.size());
            });
            assertThat(both).extracting(Received::payload).containsExactlyInAnyOrderElementsOf(numbers);
            assertThat(one.isQuietFor(Duration.ofMillis(50))).isTrue();
            assertThat(two.isQuietFor(Duration.ofMillis(50))).isTrue();
            publisher.clearRetained(top + "/a");
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"HIVEMQ_3", "HIVEMQ_5", "PAHO_3", "PAHO_5"})
    @Mqtt5("3.10.4-2")
    @Mqtt311("3.10.4-2")
    void ends(ClientKind kind) throws Exception {
        try (TestClient subscriber = kind.connect(Options.of(BROKER.port(), unique("subscriber")));
                TestClient publisher = connect()) {
            subscriber.subscribe(top + "/a", 1);
            subscriber.subscribe(top + "/b", 1);
            publisher.publish(top + "/a", 1, "before");
            assertThat(subscriber.next().payload()).isEqualTo("before");
            subscriber.unsubscribe(top + "/a");
            publisher.publish(top + "/a", 1, "after");
            publisher.publish(top + "/b", 1, "end");
            assertThat(subscriber.until("end")).as("MQTT5-3.10.4-2").hasSize(1);
        }
    }
}
