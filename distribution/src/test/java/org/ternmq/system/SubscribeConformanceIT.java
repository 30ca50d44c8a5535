package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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

/** Chapters 3.8 to 3.11 and 4.8 of the specifications: how subscriptions begin and end, and those that are shared. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class SubscribeConformanceIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private final String topic = unique("subscribe");

    private static RawClient connect(int version) throws IOException {
        return RawClient.connect(BROKER.port(), version, Connect.clean(unique("client")));
    }

    private static void publishAndWait(RawClient client, byte[] publish) throws IOException {
        client.send(publish);
        client.expect(RawPacket.PUBACK);
    }

    private static void ping(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    /** A packet's body: its identifier, properties of length 0 with 5.0, and codes. */
    private static byte[] body(int version, int packetId, int... codes) {
        Bytes body = new Bytes().u16(packetId);
        if (version == 5) {
            body.varInt(0);
        }
        for (int code : codes) {
            body.u8(code);
        }
        return body.toArray();
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"2.2.1-6", "2.2.2-1", "3.8.4-1", "3.8.4-2", "3.8.4-5", "3.8.4-6", "3.8.4-7", "3.9.3-1", "3.9.3-2"})
    @Mqtt311({"2.2.2-1", "2.3.1-7", "3.8.4-1", "3.8.4-2", "3.8.4-4", "3.8.4-5", "3.9.3-1", "3.9.3-2"})
    void severalFiltersGetOneSubAck(int version) throws Exception {
        try (RawClient client = connect(version)) {
            for (int id : new int[] {1, 65535}) {
                client.send(Packets.subscribe(
                        version, id, Packets.none(), topic, 0, topic + "/b", 1, topic + "/c", 2, topic, 2));
                RawPacket subAck = client.expect(RawPacket.SUBACK);
                assertThat(subAck.first()).isEqualTo(0x90);
                assertThat(subAck.body()).isEqualTo(body(version, id, 0, 1, 2, 2));
            }
            client.send(client.publish(topic, 2, 0, 3, "with the last QoS"));
            client.expect(RawPacket.PUBREC);
            assertThat(client.expectPublish().qos()).isEqualTo(2);
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.8.4-3", "3.8.4-4", "3.3.1-9"})
    @Mqtt311("3.8.4-3")
    void theSameFilterAgainTakesItsPlace(int version) throws Exception {
        try (RawClient client = connect(version);
                RawClient publisher = connect(version)) {
            publishAndWait(publisher, publisher.publish(topic, 1, 1, 1, "retained"));
            for (int qos : new int[] {1, 0}) {
                client.subscribe(topic, qos);
                assertThat(client.expectPublish().payload()).isEqualTo("retained");
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 2, "live"));
                RawPacket.Publish live = client.expectPublish();
                assertThat(live.payload()).isEqualTo("live");
                assertThat(live.qos()).isEqualTo(qos);
            }
            ping(client); // one copy each
            publishAndWait(publisher, publisher.publish(topic, 1, 1, 3, ""));
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.8.4-4", "4.6.0-5"})
    @Mqtt311({"3.8.4-3", "4.6.0-6"})
    void noMessageIsLostByIt(int version) throws Exception {
        int messages = 300;
        try (RawClient client = connect(version);
                RawClient publisher = connect(version)) {
            client.subscribe(topic, 0);
            for (int i = 0; i < messages; i++) {
                publisher.send(publisher.publish(topic, 1, 0, i + 1, "" + i));
                if (i % 10 == 0) {
                    client.send(Packets.subscribe(version, 9, Packets.none(), topic, 0));
                }
            }
            List<String> arrived = new ArrayList<>();
            while (arrived.size() < messages) {
                RawPacket packet = client.poll(RawClient.PATIENCE).orElseThrow();
                if (packet.type() == RawPacket.PUBLISH) {
                    arrived.add(packet.publish(version).payload());
                }
            }
            assertThat(arrived)
                    .isEqualTo(IntStream.range(0, messages)
                            .mapToObj(Integer::toString)
                            .toList());
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"2.2.1-6", "3.10.4-1", "3.10.4-2", "3.10.4-4", "3.10.4-5", "3.10.4-6", "3.11.3-1", "3.11.3-2"})
    @Mqtt311({"2.2.2-1", "2.3.1-7", "3.10.4-1", "3.10.4-2", "3.10.4-4", "3.10.4-5", "3.10.4-6"})
    void onlyTheSameFilterEndsASubscription(int version) throws Exception {
        try (RawClient client = connect(version)) {
            client.subscribe(topic + "/+", 0);
            client.subscribe(topic + "/b/c", 0);
            client.send(Packets.unsubscribe(version, 1, topic + "/b", topic + "/#", topic + "/b/c", topic + "/b/c"));
            RawPacket unsubAck = client.expect(RawPacket.UNSUBACK);
            assertThat(unsubAck.first()).isEqualTo(0xB0);
            assertThat(unsubAck.body()).isEqualTo(version == 5 ? body(5, 1, 0x11, 0x11, 0, 0x11) : body(4, 1));
            client.send(client.publish(topic + "/b", 0, 0, 0, "still"));
            assertThat(client.expectPublish().payload()).isEqualTo("still");
            client.send(Packets.unsubscribe(version, 65535, topic + "/+"));
            assertThat(client.expect(RawPacket.UNSUBACK).body())
                    .isEqualTo(version == 5 ? body(5, 65535, 0) : body(4, 65535));
            client.send(client.publish(topic + "/b", 0, 0, 0, "no more"));
            client.send(client.publish(topic + "/b/c", 0, 0, 0, "no more"));
            ping(client);
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5("3.10.4-3")
    @Mqtt311("3.10.4-3")
    void aDeliveryThatHasBegunIsFinished(int version) throws Exception {
        try (RawClient client = connect(version);
                RawClient publisher = connect(version)) {
            client.subscribe(topic, 2);
            publisher.send(publisher.publish(topic, 2, 0, 1, "begun"));
            int id = client.expectPublish().packetId();
            client.send(Packets.unsubscribe(version, 1, topic));
            client.expect(RawPacket.UNSUBACK);
            client.send(RawClient.ack(RawPacket.PUBREC, id));
            assertThat(client.expect(RawPacket.PUBREL).u16(0)).isEqualTo(id);
            client.send(RawClient.ack(RawPacket.PUBCOMP, id));
            ping(client);
        }
    }

    @Test
    @Mqtt5({"4.8.2-1", "4.8.2-2", "3.8.3-4"})
    void aSharedFilterHasAName() throws Exception {
        try (RawClient client = connect(5)) {
            client.subscribe("$share/g/" + topic, 0);
            client.send(client.publish(topic, 0, 0, 0, "shared"));
            assertThat(client.expectPublish().topic()).isEqualTo(topic);
        }
        for (String wrong : List.of("$share//a", "$share/g", "$share/g/", "$share/g+/a", "$share/+/a", "$share/#/a")) {
            refused(wrong, 0, 0x8F);
        }
        refused("$share/g/a", 4, 0x82); // No Local
    }

    private static void refused(String filter, int options, int code) throws IOException {
        try (RawClient client = connect(5)) {
            client.send(Packets.subscribe(5, 1, Packets.none(), filter, options));
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                    .as(filter)
                    .isEqualTo(code);
            client.expectClosed();
        }
    }

    @Test
    @Mqtt5("4.8.2-3")
    void aSharedMessageHasTheQosOfWhoGetsIt() throws Exception {
        try (RawClient zero = connect(5);
                RawClient two = connect(5);
                RawClient publisher = connect(5)) {
            zero.subscribe("$share/g/" + topic, 0);
            two.subscribe("$share/g/" + topic, 2);
            int messages = 10;
            for (int i = 1; i <= messages; i++) {
                publisher.send(publisher.publish(topic, 2, 0, i, ""));
                publisher.expect(RawPacket.PUBREC);
            }
            int ofZero = 0;
            int ofTwo = 0;
            long end = System.nanoTime() + RawClient.PATIENCE.toNanos();
            while (ofZero + ofTwo < messages && System.nanoTime() < end) {
                ofZero += next(zero, 0);
                ofTwo += next(two, 2);
            }
            assertThat(ofZero + ofTwo).isEqualTo(messages);
            assertThat(ofZero).isBetween(1, messages - 1);
        }
    }

    /** 1 if a message has come, with that QoS, or 0. */
    private static int next(RawClient client, int qos) throws IOException {
        Optional<RawPacket> packet = client.poll(Duration.ofMillis(20));
        packet.ifPresent(p -> assertThat(p.publish(5).qos()).isEqualTo(qos));
        return packet.isPresent() ? 1 : 0;
    }

    @ParameterizedTest(name = "QoS {0}")
    @ValueSource(ints = {1, 2})
    @Mqtt5({"4.8.2-6", "4.4.0-2", "4.3.3-4"})
    void whatASubscriberRefusesGoesToNobodyElse(int qos) throws Exception {
        Connect persistent = Connect.persistent(unique("refusing"));
        try (RawClient publisher = connect(5);
                RawClient other = connect(5)) {
            RawClient refusing = RawClient.connect(BROKER.port(), 5, persistent);
            refusing.subscribe("$share/g/" + topic, qos);
            publisher.send(publisher.publish(topic, qos, 0, 1, "unwanted"));
            int id = refusing.expectPublish().packetId();
            other.subscribe("$share/g/" + topic, qos);
            refusing.send(Packets.ack(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC, id, 0x83));
            ping(refusing); // no PUBREL
            refusing.close();
            try (RawClient back = RawClient.connect(BROKER.port(), 5, persistent)) {
                assertThat(back.sessionPresent()).isTrue();
                Optional<RawPacket> again = back.poll(Duration.ofMillis(300));
                assertThat(again).as("it was acknowledged").isEmpty();
            }
            ping(other);
        }
        RawClient.connect(BROKER.port(), 5, Connect.clean(persistent.clientId()))
                .disconnect();
    }
}
