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
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.ternmq.system.RawClient.Connect;

/**
 * Clients of 3.1.1 and 5.0 that publish with QoS 1, QoS 2 and retained, and persistent sessions that come and go or stay
 * away, over any number of deaths of the broker; and the account of it all: what was acknowledged arrives, at QoS 2 once,
 * and in order. One thread drives it.
 */
final class CrashTraffic {
    private final Random random;
    private final Map<CrashPublisher, Reconnecting> publishers = new LinkedHashMap<>();
    private final Map<CrashSubscriber, Reconnecting> subscribers = new LinkedHashMap<>();
    private final List<Reconnecting> all = new ArrayList<>();
    private final CrashPublisher retained = new CrashPublisher("retained", 1, true);
    private final CrashSubscriber away;
    private volatile int port;
    private long awayHas;

    /** Makes the sessions and their subscriptions on a broker at this port; nothing is published before {@link #start}. */
    CrashTraffic(int port, Random random) throws Exception {
        this.port = port;
        this.random = random;
        publisher("once", 4, new CrashPublisher("once", 1, false));
        publisher("exactly", 5, new CrashPublisher("exactly", 2, false));
        publisher("exactly-old", 4, new CrashPublisher("exactly-old", 2, false));
        publisher("retained", 5, retained);
        subscriber("flapping-old", 4);
        subscriber("flapping", 5);
        away = subscriber("away", 5);
        publishAndDeleteRetained();
    }

    /** Begins, and has the session that is to be away leave once it has had something. */
    void start() {
        all.forEach(Reconnecting::start);
        Awaitility.await().until(() -> away.count() > 100);
        linkOf(subscribers, away).pause();
        awayHas = away.count();
    }

    /** The broker is somewhere else now. */
    void moved(int newPort) {
        port = newPort;
    }

    /** Messages that are between their first PUBLISH and the end of their acknowledgement. */
    int underWay() {
        return publishers.keySet().stream().mapToInt(CrashPublisher::underWay).sum();
    }

    /** Has all but the publishers stay away. */
    void pauseSubscribers() {
        subscribers.values().forEach(Reconnecting::pause);
    }

    /** Has them come back, all but the one that is away. */
    void resumeSubscribers() {
        subscribers.forEach((subscriber, link) -> {
            if (subscriber != away) {
                link.resume();
            }
        });
    }

    /** Has the publisher of retained messages wait, and returns what is safe of it, by topic. */
    Map<String, Long> pauseRetained() {
        linkOf(publishers, retained).pause(); // what is replaced while somebody looks may come as an ordinary message
        return Map.copyOf(retained.lastAcknowledged());
    }

    /** Looks at the retained messages, and has their publisher go on. */
    void checkRetainedAndResume(Map<String, Long> safe) throws Exception {
        checkRetained(safe, retained);
        linkOf(publishers, retained).resume();
    }

    /** Throws what has gone wrong with a client, if something has. */
    void check() {
        all.forEach(Reconnecting::check);
    }

    /** Has everything that was begun finished and delivered, stops, and accounts for each message. */
    void finish() throws Exception {
        assertThat(away.count()).as("to who is away").isEqualTo(awayHas);
        drain();
        for (Reconnecting link : all) {
            link.stop();
        }
        for (CrashSubscriber subscriber : subscribers.keySet()) {
            publishers.keySet().forEach(publisher -> check(publisher, subscriber));
        }
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

    /** Messages acknowledged so far. */
    long acknowledged() {
        return publishers.keySet().stream()
                .mapToLong(CrashPublisher::acknowledged)
                .sum();
    }

    /** Messages that arrived so far, with all subscribers together. */
    long arrived() {
        return subscribers.keySet().stream().mapToLong(CrashSubscriber::count).sum();
    }

    /** Those of them that had arrived before. */
    long arrivedAgain() {
        return subscribers.keySet().stream()
                .flatMap(subscriber -> subscriber.arrived().values().stream())
                .mapToLong(
                        numbers -> numbers.size() - numbers.stream().distinct().count())
                .sum();
    }

    /** Waits until so many messages have been acknowledged. */
    void awaitMore(long wanted) {
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
        System.out.println("Crashes: " + acknowledged() + " messages acknowledged");
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
