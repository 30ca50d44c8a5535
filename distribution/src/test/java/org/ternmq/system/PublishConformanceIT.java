package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.time.Duration;
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

/** Chapters 3.3 and 4.7 of the specifications: messages, retained ones, topics. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class PublishConformanceIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private static final int ALIAS_MAXIMUM = 32; // limits.topic-alias-max

    private final String topic = unique("publish");

    private static RawClient connect(int version) throws IOException {
        return RawClient.connect(BROKER.port(), version, Connect.clean(unique("client")));
    }

    /** A client of 5.0 with properties in its CONNECT. */
    private static RawClient connect(Bytes properties) throws IOException {
        RawClient client = RawClient.open(BROKER.port(), 5);
        client.send(Packets.connect(unique("client"), properties));
        assertThat(client.expect(RawPacket.CONNACK).u8(1)).isZero();
        return client;
    }

    private static void publishAndWait(RawClient client, byte[] publish) throws IOException {
        client.send(publish);
        client.expect(RawPacket.PUBACK);
    }

    private static void ping(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    private void clearRetained(int version) throws IOException {
        try (RawClient client = connect(version)) {
            publishAndWait(client, client.publish(topic, 1, 1, 1, ""));
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.3.4-1", "2.2.1-5", "4.3.2-4", "4.3.3-8", "4.3.3-11", "3.12.4-1"})
    @Mqtt311({"3.3.4-1", "2.3.1-3", "2.3.1-6", "3.12.4-1"})
    void everyQosHasItsAnswer(int version) throws Exception {
        try (RawClient client = connect(version)) {
            client.send(client.publish(topic, 0, 0, 0, "nothing"));
            ping(client);
            for (int id : new int[] {1, 65535, 1}) {
                client.send(client.publish(topic, 1, 0, id, "PUBACK"));
                assertThat(client.expect(RawPacket.PUBACK).u16(0)).isEqualTo(id);
                client.send(client.publish(topic, 2, 0, id, "PUBREC"));
                assertThat(client.expect(RawPacket.PUBREC).u16(0)).isEqualTo(id);
                client.send(RawClient.ack(RawPacket.PUBREL, id));
                assertThat(client.expect(RawPacket.PUBCOMP).u16(0)).isEqualTo(id);
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.8.4-8", "3.3.1-2", "4.3.1-1", "4.3.2-2", "4.3.3-2", "2.2.1-2"})
    @Mqtt311({"3.8.4-6", "3.3.1-2", "4.3.1-1", "2.2.2-1", "2.3.1-5"})
    void theLowerQosHolds(int version) throws Exception {
        try (RawClient publisher = connect(version)) {
            for (int granted = 0; granted <= 2; granted++) {
                try (RawClient subscriber = connect(version)) {
                    subscriber.subscribe(topic, granted);
                    for (int qos = 0; qos <= 2; qos++) {
                        publisher.send(publisher.publish(topic, qos, 0, 3 * granted + qos + 1, "payload"));
                        RawPacket packet = subscriber.expect(RawPacket.PUBLISH);
                        int lower = Math.min(qos, granted);
                        assertThat(packet.first()).as("no DUP, no RETAIN").isEqualTo(0x30 | lower << 1);
                        assertThat(packet.publish(version).payload())
                                .as("with QoS 0 no identifier before it")
                                .isEqualTo("payload");
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.3.1-3", "4.3.2-5"})
    @Mqtt311({"3.3.1-3", "4.3.2-2", "2.3.1-3"})
    void anIdentifierThatWasAcknowledgedMeansANewMessage(int version) throws Exception {
        try (RawClient subscriber = connect(version);
                RawClient publisher = connect(version)) {
            subscriber.subscribe(topic, 1);
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 7, "one"));
            publishAndWait(publisher, publisher.publish(topic, 1, 8, 7, "two"));
            for (String payload : List.of("one", "two")) {
                RawPacket.Publish publish = subscriber.expectPublish();
                assertThat(publish.payload()).isEqualTo(payload);
                assertThat(publish.dup()).as("DUP is the publisher's own").isFalse();
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.3.1-5", "3.3.1-6", "3.3.1-7", "3.3.1-8", "3.3.1-9", "3.3.1-12"})
    @Mqtt311({"3.1.2-7", "3.3.1-5", "3.3.1-6", "3.3.1-7", "3.3.1-8", "3.3.1-9", "3.3.1-10", "3.3.1-11", "3.3.1-12"})
    void theLastRetainedMessageIsKept(int version) throws Exception {
        try (RawClient live = connect(version);
                RawClient publisher = connect(version)) {
            live.subscribe(topic, 0);
            publishAndWait(publisher, publisher.publish(topic, 1, 1, 1, "old"));
            checkRetained(version, "old", 1);
            publisher.send(publisher.publish(topic, 0, 1, 0, "new"));
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 2, "not retained"));
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 3, ""));
            publisher.disconnect();
            checkRetained(version, "new", 0);
            clearRetained(version);
            try (RawClient late = connect(version)) {
                late.subscribe(topic, 1);
                ping(late); // no retained message came before
            }
            for (String payload : List.of("old", "new", "not retained", "", "")) {
                RawPacket.Publish publish = live.expectPublish();
                assertThat(publish.payload()).isEqualTo(payload);
                assertThat(publish.retain()).isFalse();
            }
        }
    }

    private void checkRetained(int version, String payload, int qos) throws IOException {
        try (RawClient late = connect(version)) {
            for (int i = 0; i < 2; i++) { // every time it subscribes
                late.subscribe(topic, 2);
                RawPacket.Publish retained = late.expectPublish();
                assertThat(retained.payload()).isEqualTo(payload);
                assertThat(retained.qos()).isEqualTo(qos);
                assertThat(retained.retain()).isTrue();
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.3.2-3", "4.7.1-2", "4.7.3-4", "1.5.4-3"})
    @Mqtt311({"3.3.2-3", "4.7.1-3", "4.7.3-4", "1.5.3-3"})
    void topicsAreComparedAsTheyAre(int version) throws Exception {
        try (RawClient subscriber = connect(version);
                RawClient publisher = connect(version)) {
            for (String filter : List.of("/+/b", "//b", "/\uFEFFa", "/Å", "/Case", "/x/")) {
                subscriber.subscribe(topic + filter, 0);
            }
            List<String> matching = List.of("/a/b", "//b", "/\uFEFFa", "/Å", "/Case", "/x/");
            List<String> others = List.of("/b", "/a/b/c", "/a", "/A\u030A", "/case", "/x", "", "/a/\uFEFFb");
            int id = 1;
            for (String suffix : others) {
                publishAndWait(publisher, publisher.publish(topic + suffix, 1, 0, id++, "no"));
            }
            for (String suffix : matching) {
                publishAndWait(publisher, publisher.publish(topic + suffix, 1, 0, id++, "yes"));
                assertThat(subscriber.expectPublish().topic()).isEqualTo(topic + suffix);
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5("4.7.3-3")
    @Mqtt311("4.7.3-3")
    void aTopicMayHave65535Bytes(int version) throws Exception {
        String longest = topic + "x".repeat(65535 - topic.length());
        try (RawClient client = connect(version)) {
            client.subscribe(longest, 0);
            client.send(client.publish(longest, 0, 0, 0, "arrives"));
            RawPacket.Publish publish = client.expectPublish();
            assertThat(publish.topic()).isEqualTo(longest);
            assertThat(publish.payload()).isEqualTo("arrives");
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"4.7.0-1", "4.7.1-1", "4.7.1-2", "4.13.1-1"})
    @Mqtt311({"4.7.1-1", "4.7.1-2", "4.7.1-3", "4.8.0-1"})
    void wildcardsHaveTheirPlaces(int version) throws Exception {
        try (RawClient client = connect(version)) {
            for (String filter : List.of("#", "+", "/+", "a/#", "+/+/#", "a/+/b")) {
                client.send(Packets.subscribe(version, 1, Packets.none(), filter, 0));
                RawPacket subAck = skipPublishes(client);
                assertThat(subAck.type()).as(filter).isEqualTo(RawPacket.SUBACK);
                assertThat(subAck.u8(subAck.body().length - 1)).as(filter).isZero();
                client.send(Packets.unsubscribe(version, 2, filter));
                assertThat(skipPublishes(client).type()).as(filter).isEqualTo(RawPacket.UNSUBACK);
            }
        }
        for (String filter : List.of("a#", "#/a", "a/#/b", "##", "a+", "+a/b", "a/b+", "")) {
            try (RawClient client = connect(version)) {
                client.send(Packets.subscribe(version, 1, Packets.none(), filter, 0));
                if (version == 5) {
                    assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                            .as(filter)
                            .isEqualTo(0x8F);
                }
                client.expectClosed();
            }
        }
        for (String wrong : List.of("a/+", "#", "a/#")) {
            try (RawClient client = connect(version)) {
                client.send(client.publish(wrong, 0, 0, 0, ""));
                if (version == 5) {
                    assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                            .as(wrong)
                            .isEqualTo(0x90);
                }
                client.expectClosed();
            }
        }
    }

    /** The next packet that is no message: with such filters those of other tests come, too. */
    private static RawPacket skipPublishes(RawClient client) throws IOException {
        RawPacket packet;
        do {
            packet = client.poll(RawClient.PATIENCE).orElseThrow();
        } while (packet.type() == RawPacket.PUBLISH);
        return packet;
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.4.2-1", "3.5.2-1", "4.3.3-9", "4.13.2-1"})
    @Mqtt311("3.3.5-2")
    void whatMayNotBePublishedIsAcknowledgedAndDropped(int version) throws Exception {
        try (RawClient subscriber = connect(version);
                RawClient publisher = connect(version)) {
            subscriber.subscribe("$SYS/" + topic, 0);
            subscriber.subscribe(topic, 0);
            publisher.send(publisher.publish("$SYS/" + topic, 0, 0, 0, "no"));
            publisher.send(publisher.publish("$SYS/" + topic, 1, 0, 1, "no"));
            publisher.send(publisher.publish("$SYS/" + topic, 2, 0, 2, "no"));
            int code = version == 5 ? 0x87 : 0;
            assertThat(publisher.expect(RawPacket.PUBACK).ackReason()).isEqualTo(code);
            assertThat(publisher.expect(RawPacket.PUBREC).ackReason()).isEqualTo(code);
            if (version == 4) {
                publisher.send(RawClient.ack(RawPacket.PUBREL, 2));
                publisher.expect(RawPacket.PUBCOMP);
            } // or else its identifier is free again
            publisher.send(publisher.publish(topic, 2, 0, 2, "a new message"));
            assertThat(publisher.expect(RawPacket.PUBREC).ackReason()).isZero();
            assertThat(subscriber.expectPublish().payload()).isEqualTo("a new message");
        }
    }

    @Test
    @Mqtt5({"3.3.2-4", "3.3.2-15", "3.3.2-16", "3.3.2-17", "3.3.2-18", "3.3.2-20", "2.2.2-1"})
    void propertiesArriveAsTheyAre() throws Exception {
        List<Bytes> sets = List.of(
                new Bytes(),
                new Bytes().u8(1).u8(0),
                new Bytes().u8(1).u8(1),
                new Bytes()
                        .u8(3)
                        .text("")
                        .u8(8)
                        .text("r")
                        .u8(9)
                        .u16(0)
                        .u8(0x26)
                        .text("")
                        .text(""),
                new Bytes().u8(9).u16(65535).bytes(new byte[65535]),
                new Bytes()
                        .u8(0x26)
                        .text("b")
                        .text("1")
                        .u8(0x26)
                        .text("a")
                        .text("2")
                        .u8(0x26)
                        .text("b")
                        .text("1"));
        try (RawClient client = connect(5)) {
            client.subscribe(topic, 0);
            for (Bytes properties : sets) {
                client.send(Packets.publish(topic, 0, 0, 0, properties, "x"));
                assertThat(client.expectPublish().properties()).isEqualTo(properties.toArray());
            }
        }
    }

    @Test
    @Mqtt5({"3.3.2-7", "3.3.2-12", "3.3.2-9", "3.2.2-17"})
    void aliasesOfAClient() throws Exception {
        try (RawClient subscriber = connect(5)) {
            subscriber.subscribe(topic + "/+", 0);
            try (RawClient publisher = connect(5)) {
                for (int alias = 1; alias <= ALIAS_MAXIMUM; alias++) {
                    publisher.send(Packets.publish(topic + "/" + alias, 0, 0, 0, alias(alias), ""));
                    publisher.send(Packets.publish("", 0, 0, 0, alias(alias), "again"));
                    for (int i = 0; i < 2; i++) {
                        assertThat(subscriber.expectPublish().topic()).isEqualTo(topic + "/" + alias);
                    }
                }
                publisher.send(Packets.publish(topic + "/other", 0, 0, 0, alias(1), ""));
                publisher.send(Packets.publish("", 0, 0, 0, alias(1), ""));
                for (int i = 0; i < 2; i++) {
                    assertThat(subscriber.expectPublish().topic()).isEqualTo(topic + "/other");
                }
                publisher.send(Packets.publish(topic + "/x", 0, 0, 0, alias(ALIAS_MAXIMUM + 1), ""));
                assertThat(publisher.expect(RawPacket.DISCONNECT).disconnectReason())
                        .isEqualTo(0x94);
                publisher.expectClosed();
            }
            try (RawClient next = connect(5)) {
                next.send(Packets.publish("", 0, 0, 0, alias(1), "of the last connection"));
                assertThat(next.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x82);
                next.expectClosed();
            }
            ping(subscriber); // nothing came of either
        }
    }

    private static Bytes alias(int alias) {
        return new Bytes().u8(0x23).u16(alias);
    }

    @Test
    @Mqtt5({"3.1.2-26", "3.1.2-27", "3.3.2-8", "3.3.2-11"})
    void aliasesForAClient() throws Exception {
        try (RawClient none = connect(5);
                RawClient one = connect(new Bytes().u8(0x22).u16(1));
                RawClient publisher = connect(5)) {
            none.subscribe(topic + "/+", 0);
            one.subscribe(topic + "/+", 0);
            String known = "";
            for (int i = 0; i < 30; i++) {
                String name = topic + "/" + i % 3;
                publisher.send(publisher.publish(name, 0, 0, 0, ""));
                RawPacket.Publish without = none.expectPublish();
                assertThat(without.topic()).isEqualTo(name);
                assertThat(without.properties()).isEmpty();
                RawPacket.Publish with = one.expectPublish();
                if (with.properties().length > 0) {
                    assertThat(with.properties()).isEqualTo(alias(1).toArray());
                    known = with.topic().isEmpty() ? known : with.topic();
                    assertThat(known).as("what the alias stands for").isEqualTo(name);
                } else {
                    assertThat(with.topic()).isEqualTo(name);
                }
            }
        }
    }

    @Test
    @Mqtt5({"3.1.2-24", "3.1.2-25"})
    void whatIsTooLargeForAClientIsDropped() throws Exception {
        int limit = 200;
        Bytes maximum = new Bytes().u8(0x11).u32(60).u8(0x27).u32(limit);
        String clientId = unique("small");
        byte[] connect = Packets.connect(5, 0, 60, maximum, new Bytes().text(clientId));
        try (RawClient publisher = connect(5)) {
            try (RawClient small = RawClient.open(BROKER.port(), 5)) {
                small.send(connect);
                small.expect(RawPacket.CONNACK);
                small.subscribe(topic, 1);
                // two bytes of remaining length, two of the topic's length, identifier, no properties
                String fits = "y".repeat(limit - 3 - 2 - topic.length() - 2 - 1);
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 1, fits + "y"));
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 2, fits));
                RawPacket.Publish first = small.expectPublish();
                assertThat(first.payload()).isEqualTo(fits);
                small.send(RawClient.ack(RawPacket.PUBACK, first.packetId()));
                ping(small);
            }
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 3, "z".repeat(limit)));
            try (RawClient back = RawClient.open(BROKER.port(), 5)) {
                back.send(connect);
                assertThat(back.expect(RawPacket.CONNACK).u8(0)).isEqualTo(1);
                ping(back); // it is gone for good
            }
        }
        RawClient.connect(BROKER.port(), 5, Connect.clean(clientId)).disconnect();
    }

    @Test
    @Mqtt5({"4.3.3-7", "4.3.3-13", "3.3.1-1"})
    void whatHasBegunDoesNotExpire() throws Exception {
        Connect persistent = Connect.persistent(unique("slow"));
        try (RawClient publisher = connect(5)) {
            RawClient first = RawClient.connect(BROKER.port(), 5, persistent);
            first.subscribe(topic, 2);
            publisher.send(Packets.publish(topic, 2, 0, 5, new Bytes().u8(2).u32(1), "begun"));
            publisher.expect(RawPacket.PUBREC);
            int id = first.expectPublish().packetId();
            first.close();
            Awaitility.await().pollDelay(Duration.ofMillis(2100)).until(() -> true);
            publisher.send(RawClient.ack(RawPacket.PUBREL, 5));
            assertThat(publisher.expect(RawPacket.PUBCOMP).ackReason()).isZero();
            try (RawClient back = RawClient.connect(BROKER.port(), 5, persistent)) {
                RawPacket.Publish again = back.expectPublish();
                assertThat(again.payload()).isEqualTo("begun");
                assertThat(again.dup()).isTrue();
                assertThat(again.packetId()).isEqualTo(id);
            }
        }
        RawClient.connect(BROKER.port(), 5, Connect.clean(persistent.clientId()))
                .disconnect();
    }
}
