package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/**
 * What was acknowledged outlives {@code kill -9}, with storage on disk and the durability that is the default.
 *
 * <p>Three kills, each at a random moment, and one more of a broker that has not finished its start. {@code mvn verify -Dit.test=CrashIT -Dternmq.kills=20} for more,
 * {@code -Dternmq.storage=mapdb} for another storage, and {@code -Dternmq.seed=…} for the moments of another run (its seed is printed; the same seed is not the same run, since
 * the broker's and the clients' threads have a say too).
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class CrashIT {
    private static final int KILLS = Integer.getInteger("ternmq.kills", 3);
    private static final String STORAGE = System.getProperty("ternmq.storage", "rocksdb");
    private static final long SEED = Long.getLong("ternmq.seed", System.nanoTime());

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final Random random = new Random(SEED);
    private final Map<CrashPublisher, Reconnecting> publishers = new LinkedHashMap<>();
    private final Map<CrashSubscriber, Reconnecting> subscribers = new LinkedHashMap<>();
    private final List<Reconnecting> all = new ArrayList<>();
    private volatile int port;

    @Test
    @Mqtt5({"4.3.2-4", "4.3.3-8"})
    @Mqtt311({"4.1.0-1", "4.3.2-2", "4.3.3-2"})
    void keepsWhatItAcknowledged() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        System.out.println("CrashIT: storage " + STORAGE + ", " + KILLS + " kills, seed " + SEED);
        BrokerFolder folder = brokers.folder("crash")
                .configure(BrokerFolder.ONE_LISTENER
                        + "limits: {queue-messages: 10000000, queue-bytes: 4GiB}\n"
                        + "storage: {type: " + STORAGE + ", durability: process}\n");
        BrokerProcess broker = folder.start();
        port = broker.port();
        System.out.println("CrashIT: start to ready on an empty store: "
                + broker.startTime().toMillis() + " ms");

        CrashPublisher retained = new CrashPublisher("retained", 1, true);
        publisher("once", 4, new CrashPublisher("once", 1, false));
        publisher("exactly", 5, new CrashPublisher("exactly", 2, false));
        publisher("exactly-old", 4, new CrashPublisher("exactly-old", 2, false));
        publisher("retained", 5, retained);
        subscriber("flapping-old", 4);
        subscriber("flapping", 5);
        CrashSubscriber away = subscriber("away", 5); // from the first kill to the last
        publishAndDeleteRetained();
        all.forEach(Reconnecting::start);

        Awaitility.await().until(() -> away.count() > 100);
        linkOf(subscribers, away).pause();
        long awayHas = away.count();
        for (int kill = 1; kill <= KILLS; kill++) {
            Awaitility.await()
                    .pollDelay(Duration.ofMillis(300 + random.nextInt(1200)))
                    .until(() -> true);
            broker.kill9();
            assertThat(broker.faults()).as("errors in its log").isEmpty();
            long before = acknowledged();
            int underWay = publishers.keySet().stream()
                    .mapToInt(CrashPublisher::underWay)
                    .sum();
            subscribers.values().forEach(Reconnecting::pause);
            Reconnecting retaining = linkOf(publishers, retained);
            retaining.pause(); // what is replaced while somebody looks may come as an ordinary message
            Map<String, Long> safe = Map.copyOf(retained.lastAcknowledged());

            if (kill % 3 == 2) {
                killWhileItStarts(folder);
            }
            broker = folder.start();
            port = broker.port();
            System.out.printf(
                    "CrashIT: kill %d after %d acknowledged, %d under way; start to ready on what was left: %d ms%n",
                    kill, before, underWay, broker.startTime().toMillis());
            checkRetained(safe, retained);
            retaining.resume();
            // What is published now finds the sessions that nobody has come back to yet.
            awaitMore(before + 500);
            subscribers.forEach((subscriber, link) -> {
                if (subscriber != away) {
                    link.resume();
                }
            });
            all.forEach(Reconnecting::check);
        }
        assertThat(away.count()).isEqualTo(awayHas);

        drain();
        for (Reconnecting link : all) {
            link.stop();
        }
        for (CrashSubscriber subscriber : subscribers.keySet()) {
            publishers.keySet().forEach(publisher -> check(publisher, subscriber));
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).as("errors in its log").isEmpty();
    }

    /** Some of what it does then is writing. */
    private void killWhileItStarts(BrokerFolder folder) throws Exception {
        BrokerProcess starting = folder.launch();
        Awaitility.await()
                .pollDelay(Duration.ofMillis(200 + random.nextInt(1500)))
                .until(() -> true);
        starting.kill9();
        assertThat(starting.faults()).as("errors in its log").isEmpty();
    }

    private void publisher(String clientId, int version, CrashPublisher publisher) throws Exception {
        RawClient.connect(port, version, Connect.persistent(clientId)).disconnect();
        Reconnecting link = new Reconnecting(version, clientId, () -> port, publisher);
        publishers.put(publisher, link);
        all.add(link);
    }

    /** Subscribes once and for all. */
    private CrashSubscriber subscriber(String clientId, int version) throws Exception {
        try (RawClient client = RawClient.connect(port, version, Connect.persistent(clientId))) {
            client.subscribe("crash/#", 2);
            client.disconnect();
        }
        CrashSubscriber subscriber = new CrashSubscriber(version, random.nextLong());
        Reconnecting link = new Reconnecting(version, clientId, () -> port, subscriber);
        subscribers.put(subscriber, link);
        all.add(link);
        return subscriber;
    }

    private static <T> Reconnecting linkOf(Map<T, Reconnecting> links, T client) {
        return Optional.ofNullable(links.get(client)).orElseThrow();
    }

    private long acknowledged() {
        return publishers.keySet().stream()
                .mapToLong(CrashPublisher::acknowledged)
                .sum();
    }

    private void awaitMore(long wanted) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            all.forEach(Reconnecting::check);
            return acknowledged() >= wanted;
        });
    }

    private void publishAndDeleteRetained() throws Exception {
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("deleting"))) {
            for (String payload : List.of("there", "")) {
                client.send(client.publish("deleted", 1, 1, 1, payload));
                client.expect(RawPacket.PUBACK);
            }
            client.send(client.publish("kept", 2, 1, 2, "0"));
            client.expect(RawPacket.PUBREC);
            client.disconnect(); // the PUBREC is enough
        }
    }

    /** Each retained message is the last one that was acknowledged, or one that was sent after that. */
    private void checkRetained(Map<String, Long> safe, CrashPublisher publisher) throws Exception {
        Map<String, Long> found = new LinkedHashMap<>();
        try (RawClient client = RawClient.connect(port, 4, Connect.clean("looking"))) {
            client.subscribe("#", 0);
            long end = System.nanoTime() + RawClient.PATIENCE.toNanos();
            while (found.size() <= safe.size() && System.nanoTime() < end) {
                RawPacket.Publish publish = client.expectPublish();
                if (publish.retain()) {
                    found.put(publish.topic(), Long.valueOf(publish.payload()));
                }
            }
            client.disconnect();
        }
        assertThat(found)
                .as("retained messages, where %s are safe", safe)
                .hasSize(safe.size() + 1)
                .containsEntry("kept", 0L);
        safe.forEach((topic, acknowledged) -> assertThat(found.get(topic))
                .as("retained on %s", topic)
                .isBetween(acknowledged, publisher.lastSent().get(topic)));
    }

    /** Everybody finishes what is begun and stays until there is nothing more. */
    private void drain() throws Exception {
        publishers.keySet().forEach(CrashPublisher::finish);
        subscribers.keySet().forEach(CrashSubscriber::stay);
        subscribers.values().forEach(Reconnecting::resume);
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            all.forEach(Reconnecting::check);
            return publishers.keySet().stream().allMatch(CrashPublisher::isFinished);
        });
        for (CrashPublisher publisher : publishers.keySet()) {
            assertThat(publisher.acknowledged()).as("all acknowledged").isEqualTo(publisher.sent());
        }
        System.out.println("CrashIT: " + acknowledged() + " messages acknowledged");
        // On every topic and with its QoS, one message that must be the last.
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("ending"))) {
            for (CrashPublisher publisher : publishers.keySet()) {
                for (long number = 0; number < CrashPublisher.TOPICS; number++) {
                    client.send(client.publish(
                            publisher.topic(number), publisher.qos(), 0, 1, Long.toString(Long.MAX_VALUE)));
                    if (publisher.qos() == 1) {
                        client.expect(RawPacket.PUBACK);
                    } else {
                        client.expect(RawPacket.PUBREC);
                        client.send(RawClient.ack(RawPacket.PUBREL, 1));
                        client.expect(RawPacket.PUBCOMP);
                    }
                }
            }
            client.disconnect();
        }
        int topics = publishers.size() * CrashPublisher.TOPICS;
        Awaitility.await("every subscriber has the last message of every topic")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> {
                    all.forEach(Reconnecting::check);
                    for (CrashSubscriber subscriber : subscribers.keySet()) {
                        assertThat(subscriber.arrived().values().stream()
                                        .filter(numbers -> numbers.get(numbers.size() - 1) == Long.MAX_VALUE)
                                        .count())
                                .isEqualTo(topics);
                    }
                });
    }

    private static void check(CrashPublisher publisher, CrashSubscriber subscriber) {
        for (long first = 0; first < CrashPublisher.TOPICS; first++) {
            String topic = publisher.topic(first);
            List<Long> arrived = subscriber.arrived().getOrDefault(topic, List.of());
            Set<Long> once = new LinkedHashSet<>(arrived);
            once.remove(Long.MAX_VALUE);
            List<Long> expected = LongStream.iterate(first, n -> n < publisher.sent(), n -> n + CrashPublisher.TOPICS)
                    .boxed()
                    .toList();
            Set<Long> lost = new LinkedHashSet<>(expected);
            lost.removeAll(once);
            assertThat(lost).as("lost on %s", topic).isEmpty();
            assertThat(new ArrayList<>(once))
                    .as("first arrivals on %s, in order and nothing else", topic)
                    .isEqualTo(expected);
            if (publisher.qos() == 2) {
                assertThat(arrived).as("duplicates on %s", topic).doesNotHaveDuplicates();
            }
        }
    }
}
