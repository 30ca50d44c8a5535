package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.system.TestClient.Options;
import org.ternmq.system.TestClient.Transport;

/** Every client, in every version that it speaks, over every transport that it has, does what its users do with it. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class InteroperabilityIT {
    private static final int LARGE = 700_000; // more than a read, a WebSocket frame or a TLS record holds

    private static TestCa ca;
    private static BrokerProcess broker;
    private static Map<Transport, Integer> ports = new EnumMap<>(Transport.class);

    @BeforeAll
    static void start() throws Exception {
        Path all = Files.createDirectories(Path.of("target", "system-tests").toAbsolutePath());
        BrokerFolder folder =
                new BrokerFolder(TernMq.shipped(), Files.createTempDirectory(all, "interoperability-"), process -> {});
        ca = new TestCa("interoperability");
        ca.write(folder, ca.server());
        folder.configure("""
                listeners:
                  - {name: tcp, bind: "127.0.0.1:0"}
                  - {name: tls, bind: "127.0.0.1:0", tls: {certificate: server.crt, key: server.key}}
                  - {name: websocket, bind: "127.0.0.1:0", websocket: {path: /mqtt}}
                  - name: secure-websocket
                    bind: "127.0.0.1:0"
                    tls: {certificate: server.crt, key: server.key}
                    websocket: {path: /mqtt}
                """);
        broker = folder.start();
        ports.put(Transport.TCP, broker.port("tcp"));
        ports.put(Transport.TLS, broker.port("tls"));
        ports.put(Transport.WEBSOCKET, broker.port("websocket"));
        ports.put(Transport.SECURE_WEBSOCKET, broker.port("secure-websocket"));
    }

    @AfterAll
    static void stop() {
        assertThat(broker.faults()).as("errors in the broker's log").isEmpty();
        broker.stop();
    }

    static Stream<Arguments> clients() {
        return Arrays.stream(ClientKind.values())
                .flatMap(kind -> Arrays.stream(Transport.values())
                        .filter(kind::speaksOver)
                        .map(transport -> Arguments.of(kind, transport)));
    }

    private static Options options(Transport transport, String name) {
        return Options.of(ports.getOrDefault(transport, 0), unique(name)).over(transport, ca);
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void talksAtEveryQos(ClientKind kind, Transport transport) throws Exception {
        String top = unique("interop");
        try (TestClient subscriber = kind.connect(options(transport, "subscriber"));
                TestClient publisher = kind.connect(options(transport, "publisher"))) {
            subscriber.subscribe(top + "/+/#", 2);
            List<String> payloads =
                    IntStream.range(0, 20).mapToObj(i -> "größe " + i).toList();
            for (int qos = 0; qos <= 2; qos++) {
                int sent = qos;
                String topic = top + "/küche/" + qos;
                publisher.publish(topic, qos, false, payloads);
                publisher.publish(topic, qos, "end");
                assertThat(subscriber.until("end").stream().limit(payloads.size()))
                        .isEqualTo(payloads.stream()
                                .map(p -> new Received(topic, p, sent, false))
                                .toList());
            }
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void carriesLargeMessages(ClientKind kind, Transport transport) throws Exception {
        String topic = unique("large");
        String large = "0123456789".repeat(LARGE / 10);
        try (TestClient subscriber = kind.connect(options(transport, "subscriber"));
                TestClient publisher = kind.connect(options(transport, "publisher"))) {
            subscriber.subscribe(topic, 1);
            publisher.publish(topic, 1, large, "end");
            assertThat(subscriber.next().payload()).isEqualTo(large);
            assertThat(subscriber.next().payload()).isEqualTo("end");
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void findsAndClearsRetainedMessages(ClientKind kind, Transport transport) throws Exception {
        String topic = unique("retained");
        try (TestClient publisher = kind.connect(options(transport, "publisher"))) {
            publisher.publish(topic, 1, true, List.of("kept"));
            try (TestClient subscriber = kind.connect(options(transport, "subscriber"))) {
                subscriber.subscribe(topic, 1);
                assertThat(subscriber.next()).isEqualTo(new Received(topic, "kept", 1, true));
            }
            publisher.clearRetained(topic);
            try (TestClient subscriber = kind.connect(options(transport, "subscriber"))) {
                subscriber.subscribe(topic, 1);
                assertThat(subscriber.isQuietFor(Duration.ofMillis(150))).isTrue();
            }
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void findsWhatItsSessionKept(ClientKind kind, Transport transport) throws Exception {
        String topic = unique("kept");
        Options options = options(transport, "away").keepingSession();
        try (TestClient subscriber = kind.connect(options)) {
            subscriber.subscribe(topic, 2);
        }
        try (TestClient publisher = kind.connect(options(transport, "publisher"))) {
            publisher.publish(topic, 1, "one");
            publisher.publish(topic, 2, "end");
        }
        try (TestClient back = kind.connect(options)) {
            if (kind == ClientKind.MOSQUITTO_3 || kind == ClientKind.MOSQUITTO_5) {
                back.subscribe(topic, 2); // mosquitto_sub connects only to subscribe
            }
            assertThat(back.until("end"))
                    .containsExactly(new Received(topic, "one", 1, false), new Received(topic, "end", 2, false));
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void leavesAWill(ClientKind kind, Transport transport) throws Exception {
        String topic = unique("will");
        try (TestClient watcher = HiveMq5Client.connect(options(Transport.TCP, "watcher"));
                Relay relay = new Relay(ports.getOrDefault(transport, 0))) {
            watcher.subscribe(topic, 1);
            TestClient dying = kind.connect(
                    options(transport, "dying").through(relay.port()).withWill(topic, "it broke", 1));
            dying.subscribe(unique("whatever"), 0); // mosquitto_sub connects only now
            relay.cut();
            assertThat(watcher.next()).isEqualTo(new Received(topic, "it broke", 1, false));
            relay.close(); // or a client may come back
            dying.close();
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("clients")
    void sharesASubscription(ClientKind kind, Transport transport) throws Exception {
        String topic = unique("shared");
        try (TestClient one = kind.connect(options(transport, "one"));
                TestClient two = kind.connect(options(transport, "two"));
                TestClient publisher = kind.connect(options(transport, "publisher"))) {
            one.subscribe("$share/group/" + topic, 1);
            two.subscribe("$share/group/" + topic, 1);
            List<String> payloads =
                    IntStream.range(0, 10).mapToObj(Integer::toString).toList();
            publisher.publish(topic, 1, false, payloads);
            List<String> all = Stream.concat(
                            IntStream.range(0, 5).mapToObj(i -> one),
                            IntStream.range(0, 5).mapToObj(i -> two))
                    .map(InteroperabilityIT::nextPayload)
                    .toList();
            assertThat(all).as("each message once, half of them each").containsExactlyInAnyOrderElementsOf(payloads);
        }
    }

    private static String nextPayload(TestClient client) {
        try {
            return client.next().payload();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
