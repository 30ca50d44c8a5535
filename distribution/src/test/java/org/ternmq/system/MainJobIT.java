package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.system.TestClient.Options;

/** From one client to another: every client, every QoS, retained messages. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class MainJobIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    static Stream<Arguments> pairs() {
        return ClientKind.USUAL.stream()
                .flatMap(publisher -> ClientKind.USUAL.stream()
                        .flatMap(subscriber -> IntStream.rangeClosed(0, 2)
                                .boxed()
                                .flatMap(qos -> Stream.of("exact", "wildcard")
                                        .map(filter -> Arguments.of(publisher, subscriber, qos, filter)))));
    }

    @ParameterizedTest(name = "{0} to {1}, QoS {2}, {3} filter")
    @MethodSource("pairs")
    void carriesMessages(ClientKind publisherKind, ClientKind subscriberKind, int qos, String filter) throws Exception {
        String top = unique("main");
        String topic = top + "/küche/1";
        try (TestClient subscriber = subscriberKind.connect(options("subscriber"));
                TestClient publisher = publisherKind.connect(options("publisher"))) {
            subscriber.subscribe(filter.equals("exact") ? topic : top + "/+/#", qos);
            publisher.publish(top, qos, "matches neither filter"); // a/+/# needs a second level
            publisher.publish(topic, qos, "eins", "zwei", "drei", "grüße", "end");

            assertThat(subscriber.until("end"))
                    .as("all, once, in order, with the QoS of the subscription (MQTT5-4.6, MQTT5-3.8.4-8)")
                    .containsExactly(
                            new Received(topic, "eins", qos, false),
                            new Received(topic, "zwei", qos, false),
                            new Received(topic, "drei", qos, false),
                            new Received(topic, "grüße", qos, false),
                            new Received(topic, "end", qos, false));
            if (qos == 1) {
                assertThat(subscriber.isQuietFor(Duration.ofMillis(20))).isTrue();
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    void deliversWithTheLowerQos(ClientKind kind) throws Exception {
        String topic = unique("lower");
        try (TestClient subscriber = kind.connect(options("subscriber"));
                TestClient publisher = kind.connect(options("publisher"))) {
            subscriber.subscribe(topic, 1);
            publisher.publish(topic, 2, "two");
            publisher.publish(topic, 1, "one");
            publisher.publish(topic, 0, "end");
            assertThat(subscriber.until("end"))
                    .as("MQTT5-3.8.4-8")
                    .containsExactlyInAnyOrder(
                            new Received(topic, "two", 1, false),
                            new Received(topic, "one", 1, false),
                            new Received(topic, "end", 0, false));
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    void retainsTheLastMessage(ClientKind kind) throws Exception {
        String topic = unique("retained") + "/state";
        try (TestClient publisher = kind.connect(options("publisher"));
                TestClient online = kind.connect(options("online"))) {
            online.subscribe(topic, 1);
            publisher.publish(topic, 1, true, List.of("first"));
            assertThat(online.next()).as("MQTT5-3.3.1-12").isEqualTo(new Received(topic, "first", 1, false));
            assertThat(lateComer(kind, topic, publisher)).containsExactly(new Received(topic, "first", 1, true));

            publisher.publish(topic, 1, true, List.of("second", "third"));
            assertThat(lateComer(kind, topic, publisher))
                    .as("MQTT5-3.3.1-5: replaced")
                    .containsExactly(new Received(topic, "third", 1, true));

            publisher.clearRetained(topic);
            assertThat(lateComer(kind, topic, publisher))
                    .as("MQTT5-3.3.1-6: removed")
                    .isEmpty();
            assertThat(online.until(""))
                    .as("who is there sees each as an ordinary message, the empty one too")
                    .containsExactly(
                            new Received(topic, "second", 1, false),
                            new Received(topic, "third", 1, false),
                            new Received(topic, "", 1, false));
        }
    }

    /** What a new subscriber gets before the first message that is published after its subscription. */
    private static List<Received> lateComer(ClientKind kind, String topic, TestClient publisher) throws Exception {
        try (TestClient late = kind.connect(options("late"))) {
            String parent = topic.substring(0, topic.lastIndexOf('/'));
            late.subscribe(parent + "/#", 1);
            publisher.publish(parent + "/marker", 1, "marker");
            List<Received> all = late.until("marker");
            return all.subList(0, all.size() - 1);
        }
    }

    private static Options options(String name) {
        return Options.of(BROKER.port(), unique(name));
    }
}
