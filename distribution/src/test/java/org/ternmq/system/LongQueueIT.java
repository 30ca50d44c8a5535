package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/** Queues far longer than what is kept of them in memory, and what happens where they end. */
@Timeout(300)
final class LongQueueIT {
    private static final int MESSAGES = 5_000;
    private static final int BURST = 500;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final String topic = unique("long");

    private BrokerProcess start(BrokerFolder folder, String storage, String... sets) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--set", "storage.type=" + storage));
        for (String set : sets) {
            arguments.addAll(List.of("--set", set));
        }
        return folder.start(arguments.toArray(String[]::new));
    }

    private void subscribeAndLeave(int port, String clientId, int qos) throws IOException {
        try (RawClient client = RawClient.connect(port, 5, Connect.persistent(clientId))) {
            client.subscribe(topic + "/#", qos);
            client.disconnect();
        }
    }

    /** Publishes numbers and has them all acknowledged with success. */
    private void publish(int port, int qos, int first, int count) throws IOException {
        try (RawClient publisher = RawClient.connect(port, 5, Connect.clean("publisher" + qos))) {
            for (int at = first; at < first + count; at += BURST) {
                int end = Math.min(at + BURST, first + count);
                for (int i = at; i < end; i++) {
                    publisher.send(publisher.publish(topic + "/" + qos, qos, 0, i - at + 1, Integer.toString(i)));
                }
                for (int i = at; i < end; i++) {
                    RawPacket ack = publisher.expect(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC);
                    assertThat(ack.ackReason()).isZero();
                }
                for (int i = at; qos == 2 && i < end; i++) {
                    publisher.send(RawClient.ack(RawPacket.PUBREL, i - at + 1));
                }
                for (int i = at; qos == 2 && i < end; i++) {
                    publisher.expect(RawPacket.PUBCOMP);
                }
            }
            publisher.disconnect();
        }
    }

    /** A client that acknowledges; what it knows outlives its connections. */
    private final class Taker {
        private final String clientId;
        private final List<String> once = new ArrayList<>();
        private final List<String> exactly = new ArrayList<>();
        private final Set<Integer> open = new HashSet<>();

        Taker(String clientId) {
            this.clientId = clientId;
        }

        /** Takes messages until it has so many, or until no more come. */
        void take(int port, int atMost) throws IOException {
            try (RawClient client = RawClient.connect(port, 5, Connect.persistent(clientId))) {
                while (once.size() + exactly.size() < atMost) {
                    Optional<RawPacket> next = client.poll(Duration.ofSeconds(1));
                    if (next.isEmpty()) {
                        client.disconnect();
                        return;
                    }
                    answer(client, next.get());
                }
            }
        }

        private void answer(RawClient client, RawPacket packet) throws IOException {
            if (packet.type() == RawPacket.PUBREL) {
                open.remove(packet.u16(0));
                client.send(RawClient.ack(RawPacket.PUBCOMP, packet.u16(0)));
                return;
            }
            RawPacket.Publish publish = packet.publish(5);
            if (publish.topic().endsWith("/1")) {
                once.add(publish.payload());
                client.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
            } else {
                if (open.add(publish.packetId())) {
                    exactly.add(publish.payload());
                }
                client.send(RawClient.ack(RawPacket.PUBREC, publish.packetId()));
            }
        }

        void check(int count) {
            List<String> all = numbers(0, count);
            assertThat(new ArrayList<>(new LinkedHashSet<>(once)))
                    .as("QoS 1, first arrivals")
                    .isEqualTo(all);
            assertThat(exactly).as("QoS 2").isEqualTo(all);
        }
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"rocksdb", "mapdb"})
    @Mqtt5({"4.3.2-4", "4.3.3-8", "4.6.0-5", "4.6.0-6"})
    @Mqtt311({"4.6.0-5", "4.6.0-6"})
    void outlivesKillsWhileItIsDrained(String storage) throws Exception {
        BrokerFolder folder = brokers.folder("broker");
        String[] limits = {"limits.queue-messages=1000000", "limits.queue-memory=1MiB"};
        BrokerProcess broker = start(folder, storage, limits);
        subscribeAndLeave(broker.port(), "taker", 2);
        publish(broker.port(), 1, 0, MESSAGES);
        publish(broker.port(), 2, 0, MESSAGES);
        broker.kill9();
        Taker taker = new Taker("taker");
        for (int kill = 1; kill <= 3; kill++) {
            broker = start(folder, storage, limits);
            taker.take(broker.port(), kill * MESSAGES / 2);
            broker.kill9();
            assertThat(broker.faults()).isEmpty();
        }
        broker = start(folder, storage, limits);
        taker.take(broker.port(), Integer.MAX_VALUE);
        taker.check(MESSAGES);
        taker.take(broker.port(), Integer.MAX_VALUE);
        taker.check(MESSAGES);
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"rocksdb", "mapdb", "memory"})
    void isTakenInPieces(String storage) throws Exception {
        BrokerProcess broker = start(brokers.folder("broker"), storage, "limits.queue-messages=1000000");
        int port = broker.port();
        subscribeAndLeave(port, "taker", 2);
        publish(port, 1, 0, MESSAGES);
        publish(port, 2, 0, MESSAGES);
        Taker taker = new Taker("taker");
        for (int piece = 1; piece <= 5; piece++) {
            taker.take(port, piece * 100);
        }
        publish(port, 1, MESSAGES, 100);
        publish(port, 2, MESSAGES, 100);
        taker.take(port, Integer.MAX_VALUE);
        taker.check(MESSAGES + 100);
        assertThat(broker.faults()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"drop-newest, 0, 600", "drop-oldest, 400, 1000"})
    void beyondItsLimitMessagesAreDropped(String overflow, int first, int end) throws Exception {
        BrokerProcess broker =
                start(brokers.folder("broker"), "rocksdb", "limits.overflow=" + overflow, "limits.queue-messages=600");
        subscribeAndLeave(broker.port(), "taker", 1);
        publish(broker.port(), 1, 0, 1000);
        Taker taker = new Taker("taker");
        taker.take(broker.port(), Integer.MAX_VALUE);
        assertThat(taker.once).isEqualTo(numbers(first, end));
        assertThat(broker.awaitLine("reason=QUEUE_FULL", Duration.ofSeconds(5))).isPresent();
    }

    @Test
    void aRejectedPublisherOf5IsTold() throws Exception {
        int port = start(brokers.folder("broker"), "rocksdb", "limits.overflow=reject", "limits.queue-messages=600")
                .port();
        subscribeAndLeave(port, "taker", 2);
        publish(port, 1, 0, 600);
        try (RawClient publisher = RawClient.connect(port, 5, Connect.clean("late"))) {
            publisher.send(publisher.publish(topic + "/1", 1, 0, 1, "late"));
            assertThat(publisher.expect(RawPacket.PUBACK).ackReason()).isEqualTo(0x97);
            publisher.send(publisher.publish(topic + "/2", 2, 0, 2, "late"));
            assertThat(publisher.expect(RawPacket.PUBREC).ackReason()).isEqualTo(0x97);
        }
        Taker taker = new Taker("taker");
        taker.take(port, Integer.MAX_VALUE);
        assertThat(taker.once).isEqualTo(numbers(0, 600));
        assertThat(taker.exactly).isEmpty();
    }

    @ParameterizedTest(name = "version {0}, {1}")
    @CsvSource({"3, close", "4, close", "3, withhold", "4, withhold"})
    void aRejectedPublisherOf3GetsNoAcknowledgement(int version, String policy) throws Exception {
        int port = start(
                        brokers.folder("broker"),
                        "rocksdb",
                        "limits.overflow=reject",
                        "limits.overflow-old-clients=" + policy,
                        "limits.queue-messages=600")
                .port();
        subscribeAndLeave(port, "taker", 2);
        publish(port, 1, 0, 600);
        try (RawClient publisher = RawClient.connect(port, version, Connect.clean("late"))) {
            publisher.send(publisher.publish(topic + "/1", 1, 0, 7, "late"));
            if (policy.equals("close")) {
                publisher.expectClosed();
                return;
            }
            publisher.send(publisher.publish(topic + "/2", 2, 0, 8, "late"));
            publisher.sendHex("C0 00");
            publisher.expect(RawPacket.PINGRESP);
            Taker taker = new Taker("taker");
            taker.take(port, Integer.MAX_VALUE);
            assertThat(taker.once).isEqualTo(numbers(0, 600));
            // Now there is room: sent again with DUP, it is taken.
            publisher.send(publisher.publish(topic + "/1", 1, 8, 7, "late"));
            assertThat(publisher.expect(RawPacket.PUBACK).u16(0)).isEqualTo(7);
            publisher.send(publisher.publish(topic + "/2", 2, 8, 8, "late"));
            assertThat(publisher.expect(RawPacket.PUBREC).u16(0)).isEqualTo(8);
        }
    }

    @Test
    void allQueuesTogetherHaveALimit() throws Exception {
        BrokerProcess broker = start(brokers.folder("broker"), "rocksdb", "limits.total-queue-messages=1500");
        int port = broker.port();
        subscribeAndLeave(port, "first", 1);
        publish(port, 1, 0, 1000);
        subscribeAndLeave(port, "second", 1);
        publish(port, 1, 1000, 1000); // the first one is at its own limit
        Taker first = new Taker("first");
        first.take(port, Integer.MAX_VALUE);
        assertThat(first.once).isEqualTo(numbers(0, 1000));
        Taker second = new Taker("second");
        second.take(port, Integer.MAX_VALUE);
        assertThat(second.once).isEqualTo(numbers(1000, 1500));
    }

    @Test
    @Mqtt5("3.3.2-5")
    void expiredMessagesMakeRoom() throws Exception {
        BrokerProcess broker =
                start(brokers.folder("broker"), "rocksdb", "limits.message-expiry-max=1s", "limits.queue-messages=600");
        subscribeAndLeave(broker.port(), "taker", 1);
        publish(broker.port(), 1, 0, 600);
        long published = System.nanoTime();
        Awaitility.await().until(() -> System.nanoTime() - published > 1_100_000_000L);
        publish(broker.port(), 1, 600, 1);
        assertThat(broker.awaitLine("reason=EXPIRED", Duration.ofSeconds(5))).isPresent();
        assertThat(broker.lines()).noneMatch(line -> line.contains("reason=QUEUE_FULL"));
    }

    @Test
    @Mqtt5("3.1.2-4")
    @Mqtt311("3.1.2-6")
    void isDiscardedByACleanStart() throws Exception {
        BrokerFolder folder = brokers.folder("broker");
        BrokerProcess broker = start(folder, "rocksdb", "limits.queue-messages=1000000");
        subscribeAndLeave(broker.port(), "taker", 1);
        publish(broker.port(), 1, 0, 20_000);
        RawClient.connect(broker.port(), 5, new Connect("taker", true, 60, 0xFFFF_FFFFL, "", "", ""))
                .disconnect();
        broker.kill9(); // with much of it still in the store, as like as not
        broker = start(folder, "rocksdb", "limits.queue-messages=1000000");
        Taker taker = new Taker("taker");
        taker.take(broker.port(), Integer.MAX_VALUE);
        assertThat(taker.once).isEmpty();
        assertThat(broker.faults()).isEmpty();
    }
}
