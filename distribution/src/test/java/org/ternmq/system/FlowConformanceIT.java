package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.RawPacket.Publish;

/** Chapters 4.1 to 4.6 and 4.9 of the specifications: acknowledgements, what is sent again, order, flow control. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class FlowConformanceIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private static final int MESSAGES = 20;

    private final String topic = unique("flow");
    private final Connect persistent = Connect.persistent(unique("subscriber"));

    private static RawClient connect(int version) throws IOException {
        return RawClient.connect(BROKER.port(), version, Connect.clean(unique("client")));
    }

    private RawClient connectPersistent(int version) throws IOException {
        return RawClient.connect(BROKER.port(), version, persistent);
    }

    private void endSession(int version) throws IOException {
        RawClient.connect(BROKER.port(), version, Connect.clean(persistent.clientId()))
                .disconnect();
    }

    private static void ping(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    /** Publishes messages 1 to 20 in one go, and checks the answers, which must be in the same order. */
    private void publish(RawClient publisher, int qos) throws IOException {
        Bytes all = new Bytes();
        for (int i = 1; i <= MESSAGES; i++) {
            all.bytes(publisher.publish(topic, qos, 0, i, "" + i));
        }
        publisher.send(all.toArray());
        for (int i = 1; i <= MESSAGES; i++) {
            assertThat(publisher
                            .expect(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC)
                            .u16(0))
                    .isEqualTo(i);
        }
    }

    /** Messages 1 to 20, in this order. */
    private static List<Publish> take(RawClient client, boolean dup) throws IOException {
        List<Publish> taken = new ArrayList<>();
        for (int i = 1; i <= MESSAGES; i++) {
            Publish publish = client.expectPublish();
            assertThat(publish.payload()).isEqualTo("" + i);
            assertThat(publish.dup()).isEqualTo(dup);
            taken.add(publish);
        }
        return taken;
    }

    private static List<Integer> ids(List<Publish> publishes) {
        return publishes.stream().map(Publish::packetId).toList();
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"2.2.1-4", "3.3.1-1", "4.3.2-1", "4.3.2-2", "4.3.2-3", "4.4.0-1", "4.6.0-1", "4.6.0-5", "4.6.0-6"})
    @Mqtt311({"2.3.1-4", "3.3.1-1", "4.3.2-1", "4.4.0-1", "4.6.0-1", "4.6.0-2", "4.6.0-5", "4.6.0-6"})
    void qos1IsSentAgainWhenTheSessionGoesOnAndOnlyThen(int version) throws Exception {
        try (RawClient publisher = connect(version)) {
            RawClient first = connectPersistent(version);
            first.subscribe(topic, 1);
            publish(publisher, 1);
            List<Integer> ids = ids(take(first, false));
            assertThat(new HashSet<>(ids)).hasSize(MESSAGES).doesNotContain(0);
            assertThat(first.poll(Duration.ofSeconds(2)))
                    .as("not while it is connected")
                    .isEmpty();
            first.close();
            try (RawClient back = connectPersistent(version)) {
                assertThat(ids(take(back, true))).isEqualTo(ids);
                for (int id : ids) {
                    back.send(RawClient.ack(RawPacket.PUBACK, id));
                }
                ping(back);
            }
            try (RawClient again = connectPersistent(version)) {
                ping(again); // all is acknowledged
            }
        }
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({
        "2.2.1-4", "2.2.1-5", "3.3.1-1", "4.3.3-1", "4.3.3-2", "4.3.3-3", "4.3.3-4", "4.3.3-5", "4.3.3-6", "4.4.0-1",
        "4.6.0-1", "4.6.0-5"
    })
    @Mqtt311({"2.3.1-4", "2.3.1-6", "4.3.3-1", "4.4.0-1", "4.6.0-1", "4.6.0-3", "4.6.0-4", "4.6.0-6"})
    void qos2IsSentAgainFromWhereItWas(int version) throws Exception {
        try (RawClient publisher = connect(version)) {
            RawClient first = connectPersistent(version);
            first.subscribe(topic, 2);
            publish(publisher, 2);
            List<Integer> ids = ids(take(first, false));
            assertThat(new HashSet<>(ids)).hasSize(MESSAGES).doesNotContain(0);
            first.close();

            RawClient second = connectPersistent(version);
            assertThat(ids(take(second, true))).as("no PUBREC yet").isEqualTo(ids);
            List<Integer> odd = new ArrayList<>(ids);
            Collections.reverse(odd);
            for (int id : odd) {
                second.send(RawClient.ack(RawPacket.PUBREC, id));
            }
            for (int id : odd) {
                RawPacket release = second.expect(RawPacket.PUBREL);
                assertThat(release.first()).isEqualTo(0x62);
                assertThat(release.u16(0)).as("in the order of the PUBRECs").isEqualTo(id);
            }
            second.close();

            RawClient third = connectPersistent(version);
            List<Integer> released = new ArrayList<>();
            for (int i = 0; i < MESSAGES; i++) {
                released.add(third.expect(RawPacket.PUBREL).u16(0));
            }
            assertThat(released).as("no PUBCOMP yet").containsExactlyInAnyOrderElementsOf(ids);
            for (int id : ids) {
                third.send(RawClient.ack(RawPacket.PUBCOMP, id));
            }
            ping(third);
            third.close();
            try (RawClient fourth = connectPersistent(version)) {
                ping(fourth); // all is acknowledged
            }
        }
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"4.3.3-8", "4.3.3-10", "4.3.3-11", "4.3.3-12", "2.2.1-5"})
    @Mqtt311({"4.3.3-2", "2.3.1-6"})
    void qos2IsTakenOnce(int version) throws Exception {
        try (RawClient subscriber = connect(version);
                RawClient publisher = connect(version)) {
            subscriber.subscribe(topic, 0);
            for (String payload : List.of("one", "two")) {
                for (int flags : new int[] {0, 8, 8}) {
                    publisher.send(publisher.publish(topic, 2, flags, 5, payload));
                    RawPacket received = publisher.expect(RawPacket.PUBREC);
                    assertThat(received.u16(0)).isEqualTo(5);
                    assertThat(received.ackReason()).isIn(0, 0x10);
                }
                publisher.send(RawClient.ack(RawPacket.PUBREL, 5));
                assertThat(publisher.expect(RawPacket.PUBCOMP).u16(0)).isEqualTo(5);
                assertThat(subscriber.expectPublish().payload()).isEqualTo(payload);
            }
            ping(subscriber); // no third copy
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5("4.5.0-1")
    @Mqtt311("4.5.0-1")
    void everySubscriberGetsTheMessageNowOrLater(int version) throws Exception {
        RawClient away = connectPersistent(version);
        away.subscribe(topic, 1);
        away.disconnect();
        try (RawClient one = connect(version);
                RawClient two = connect(version);
                RawClient publisher = connect(version)) {
            one.subscribe(topic, 0);
            two.subscribe(topic, 2);
            publisher.send(publisher.publish(topic, 1, 0, 1, "to all"));
            publisher.expect(RawPacket.PUBACK);
            assertThat(one.expectPublish().payload()).isEqualTo("to all");
            assertThat(two.expectPublish().payload()).isEqualTo("to all");
        }
        try (RawClient back = connectPersistent(version)) {
            assertThat(back.expectPublish().payload()).isEqualTo("to all");
        }
        endSession(version);
    }

    @Test
    @Mqtt5({"3.3.4-9", "3.3.4-10", "4.9.0-1", "4.9.0-2", "4.9.0-3", "3.12.4-1"})
    void aFullWindowHoldsBackNothingElse() throws Exception {
        try (RawClient client = RawClient.open(BROKER.port(), 5);
                RawClient publisher = connect(5)) {
            client.send(Packets.connect(unique("one"), new Bytes().u8(0x21).u16(1)));
            client.expect(RawPacket.CONNACK);
            client.subscribe(topic, 2);
            publish(publisher, 2);
            Publish only = client.expectPublish();
            assertThat(only.payload()).isEqualTo("1");
            ping(client);
            client.send(Packets.subscribe(5, 7, Packets.none(), topic + "/other", 0));
            client.expect(RawPacket.SUBACK);
            publisher.send(publisher.publish(topic + "/other", 0, 0, 0, "QoS 0"));
            assertThat(client.expectPublish().payload()).isEqualTo("QoS 0");
            client.send(client.publish(unique("own"), 1, 0, 1, ""));
            client.expect(RawPacket.PUBACK);
            client.send(RawClient.ack(RawPacket.PUBREC, only.packetId()));
            client.expect(RawPacket.PUBREL);
            ping(client); // until PUBCOMP it counts
            client.send(RawClient.ack(RawPacket.PUBCOMP, only.packetId()));
            assertThat(client.expectPublish().payload()).isEqualTo("2");
            ping(client);
        }
    }

    @Test
    @Mqtt5("4.1.0-1")
    void aSessionDoesNotEndUnderAClientThatIsConnected() throws Exception {
        try (RawClient client = RawClient.connect(BROKER.port(), 5, persistent.sessionExpiry(1))) {
            client.subscribe(topic, 1);
            Awaitility.await().pollDelay(Duration.ofMillis(2500)).until(() -> true);
            client.send(client.publish(topic, 0, 0, 0, "still there"));
            assertThat(client.expectPublish().payload()).isEqualTo("still there");
        }
    }

    @Test
    @Mqtt311({"4.1.0-2", "3.1.2-6"})
    void aCleanSessionLastsAsLongAsItsConnection() throws Exception {
        try (RawClient client = RawClient.connect(BROKER.port(), 4, Connect.clean(persistent.clientId()))) {
            client.subscribe(topic, 1);
            try (RawClient publisher = connect(4)) {
                publish(publisher, 1);
            }
            take(client, false);
        }
        try (RawClient after = connectPersistent(4)) {
            assertThat(after.sessionPresent()).isFalse();
        }
        endSession(4);
    }
}
