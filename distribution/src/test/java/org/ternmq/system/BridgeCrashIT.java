package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/**
 * Two brokers with a bridge between them that is cut again and again, and either of which is killed: nothing is lost at QoS 1,
 * and at QoS 2 each message arrives once, in both directions.
 *
 * <p>A few seconds; {@code mvn verify -Dit.test=BridgeCrashIT -Dternmq.bridge=10m} for longer, and {@code -Dternmq.seed=…} for
 * the moments of another run.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class BridgeCrashIT {
    private static final Duration TIME = time(System.getProperty("ternmq.bridge", "6s"));
    private static final long SEED = Long.getLong("ternmq.seed", System.nanoTime());
    private static final String LIMITS = "limits: {queue-messages: 10000000, queue-bytes: 4GiB}\n";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final Random random = new Random(SEED);
    private final Map<CrashPublisher, CrashSubscriber> flows = new LinkedHashMap<>();
    private final List<Reconnecting> all = new ArrayList<>();
    private volatile int edgePort;
    private volatile int cloudPort;

    private static Duration time(String text) {
        long number = Long.parseLong(text.substring(0, text.length() - 1));
        return text.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
    }

    @Test
    void losesAndDoublesNothingOverKillsAndCuts() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        System.out.println("BridgeCrashIT: " + TIME + ", seed " + SEED);
        BrokerFolder cloud = brokers.folder("cloud").configure(BrokerFolder.ONE_LISTENER + LIMITS);
        BrokerProcess cloudBroker = cloud.start();
        cloudPort = cloudBroker.port();
        try (Relay relay = new Relay(() -> cloudPort)) {
            BrokerFolder edge =
                    brokers.folder("edge").configure(BrokerFolder.ONE_LISTENER + LIMITS + """
                    bridges:
                      - name: cloud
                        type: mqtt
                        url: "mqtt://127.0.0.1:%d"
                        reconnect-min: 50ms
                        reconnect-max: 200ms
                        topics:
                          - {out: "crash/up1/#", qos: 1}
                          - {out: "crash/up2/#", qos: 2}
                          - {in: "crash/down1/#", qos: 1}
                          - {in: "crash/down2/#", qos: 2}
                    """.formatted(relay.port()));
            BrokerProcess edgeBroker = edge.start();
            edgePort = edgeBroker.port();
            assertThat(edgeBroker.awaitLine("bridge up", Duration.ofSeconds(20)))
                    .as("the bridge's connection")
                    .isPresent();
            flow("up1", 1, true);
            flow("up2", 2, true);
            flow("down1", 1, false);
            flow("down2", 2, false);
            all.forEach(Reconnecting::start);

            long end = System.nanoTime() + TIME.toNanos();
            for (int round = 0; System.nanoTime() < end || round < 4; round++) {
                Awaitility.await()
                        .pollDelay(Duration.ofMillis(300 + random.nextInt(700)))
                        .until(() -> true);
                long before = acknowledged();
                if (round % 4 == 1) {
                    edgeBroker.kill9();
                    assertThat(edgeBroker.faults())
                            .as("errors in the edge's log")
                            .isEmpty();
                    edgeBroker = edge.start();
                    edgePort = edgeBroker.port();
                } else if (round % 4 == 3) {
                    cloudBroker.kill9();
                    assertThat(cloudBroker.faults())
                            .as("errors in the cloud's log")
                            .isEmpty();
                    cloudBroker = cloud.start();
                    cloudPort = cloudBroker.port();
                } else {
                    relay.cut();
                }
                Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
                    all.forEach(Reconnecting::check);
                    return acknowledged() > before + 200;
                });
            }
            drain();
            flows.forEach(BridgeCrashIT::check);
            assertThat(edgeBroker.stop()).isZero();
            assertThat(edgeBroker.faults()).as("errors in the edge's log").isEmpty();
            assertThat(cloudBroker.stop()).isZero();
        }
    }

    private void flow(String name, int qos, boolean up) throws Exception {
        int from = up ? edgePort : cloudPort;
        int to = up ? cloudPort : edgePort;
        RawClient.connect(from, 5, Connect.persistent("p-" + name)).disconnect();
        try (RawClient client = RawClient.connect(to, 5, Connect.persistent("s-" + name))) {
            client.subscribe("crash/" + name + "/#", 2);
            client.disconnect();
        }
        CrashPublisher publisher = new CrashPublisher(name, qos, false);
        CrashSubscriber subscriber = new CrashSubscriber(5, random.nextLong());
        all.add(new Reconnecting(5, "p-" + name, () -> up ? edgePort : cloudPort, publisher));
        all.add(new Reconnecting(5, "s-" + name, () -> up ? cloudPort : edgePort, subscriber));
        flows.put(publisher, subscriber);
    }

    private long acknowledged() {
        return flows.keySet().stream().mapToLong(CrashPublisher::acknowledged).sum();
    }

    private void drain() throws Exception {
        flows.keySet().forEach(CrashPublisher::finish);
        flows.values().forEach(CrashSubscriber::stay);
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            all.forEach(Reconnecting::check);
            return flows.keySet().stream().allMatch(CrashPublisher::isFinished);
        });
        System.out.println("BridgeCrashIT: " + acknowledged() + " messages acknowledged");
        Awaitility.await("everything has come over")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> {
                    all.forEach(Reconnecting::check);
                    flows.forEach((publisher, subscriber) -> assertThat(subscriber.arrived().values().stream()
                                    .mapToLong(numbers ->
                                            numbers.stream().distinct().count())
                                    .sum())
                            .as("arrived of %s", publisher.topic(0))
                            .isEqualTo(publisher.sent()));
                });
        for (Reconnecting link : all) {
            link.stop();
        }
    }

    private static void check(CrashPublisher publisher, CrashSubscriber subscriber) {
        for (long first = 0; first < CrashPublisher.TOPICS; first++) {
            String topic = publisher.topic(first);
            List<Long> arrived = subscriber.arrived().getOrDefault(topic, List.of());
            Set<Long> once = new LinkedHashSet<>(arrived);
            List<Long> expected = LongStream.iterate(first, n -> n < publisher.sent(), n -> n + CrashPublisher.TOPICS)
                    .boxed()
                    .toList();
            assertThat(new ArrayList<>(once))
                    .as("first arrivals on %s, in order and nothing lost", topic)
                    .isEqualTo(expected);
            if (publisher.qos() == 2) {
                assertThat(arrived).as("duplicates on %s", topic).doesNotHaveDuplicates();
            }
        }
    }
}
