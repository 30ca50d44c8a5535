package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.HiveMq3Client.done;
import static org.ternmq.system.SharedBroker.unique;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.TestClient.Options;

/** Sessions that outlive their connection, and messages that wait in them. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class SessionIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private final String topic = unique("session");
    private final String clientId = unique("client");

    @ParameterizedTest(name = "{0}")
    @EnumSource
    @Mqtt5({"3.1.2-5", "4.2.0-1", "4.5.0-1", "4.6.0-5", "4.6.0-6"})
    @Mqtt311({"3.1.2-5", "4.5.0-1", "4.6.0-5", "4.6.0-6", "7.0.0-2", "7.1.1-1"})
    void collectsWhileItsClientIsAway(ClientKind kind) throws Exception {
        Options options = Options.of(BROKER.port(), clientId).keepingSession();
        TestClient first = kind.connect(options);
        first.subscribe(topic, 2);
        first.close();

        try (TestClient publisher = HiveMq5Client.connect(Options.of(BROKER.port(), unique("publisher")))) {
            List<String> numbers =
                    IntStream.range(0, 200).mapToObj(Integer::toString).toList();
            publisher.publish(topic, 1, false, numbers);
            publisher.publish(topic, 2, false, numbers);

            TestClient back = kind.connect(options);
            if (kind == ClientKind.MOSQUITTO_3 || kind == ClientKind.MOSQUITTO_5) {
                back.subscribe(topic, 2); // it cannot do without
            }
            publisher.publish(topic, 2, "end");
            List<Received> all = back.until("end");
            for (int qos = 1; qos <= 2; qos++) {
                int wanted = qos;
                assertThat(all.subList(0, all.size() - 1).stream().filter(m -> m.qos() == wanted))
                        .as("MQTT5-4.6.0-6, QoS %s", qos)
                        .extracting(Received::payload)
                        .containsExactlyElementsOf(numbers);
            }
            back.close();
        }
        endSession(kind.version() == 5 ? 5 : 4);
    }

    private void endSession(int version) throws Exception {
        RawClient.connect(BROKER.port(), version, Connect.clean(clientId)).disconnect();
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {3, 4, 5})
    @Mqtt5({"3.1.2-4", "3.1.2-5", "3.1.2-6", "3.1.2-23", "3.1.4-4", "3.2.2-2", "3.2.2-3"})
    @Mqtt311({"3.1.2-4", "3.1.2-6", "3.1.4-3", "3.2.2-1", "3.2.2-2", "3.2.2-3"})
    void saysWhetherThereIsASession(int version) throws Exception {
        Connect persistent = Connect.persistent(clientId);
        RawClient first = RawClient.connect(BROKER.port(), version, persistent);
        assertThat(first.sessionPresent()).as("MQTT5-3.2.2-2").isFalse();
        first.subscribe(topic, 1);
        first.close();

        RawClient second = RawClient.connect(BROKER.port(), version, persistent);
        // MQTT 3.1 has no such flag
        assertThat(second.sessionPresent()).as("MQTT5-3.2.2-3").isEqualTo(version > 3);
        second.send(second.publish(topic, 0, 0, 0, "to myself"));
        assertThat(second.expectPublish().payload()).isEqualTo("to myself");
        second.close();

        RawClient clean = RawClient.connect(BROKER.port(), version, Connect.clean(clientId));
        assertThat(clean.sessionPresent()).as("MQTT5-3.1.2-4").isFalse();
        clean.disconnect();
        RawClient after = RawClient.connect(BROKER.port(), version, persistent);
        assertThat(after.sessionPresent()).as("nothing is left of it").isFalse();
        after.disconnect();
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.3.1-1", "4.3.2-3", "4.3.3-5", "4.3.3-6", "4.4.0-1"})
    @Mqtt311({"2.3.1-4", "3.3.1-1", "4.3.2-1", "4.3.3-1", "4.4.0-1"})
    void sendsAgainWhatWasNotAcknowledged(int version) throws Exception {
        RawClient first = RawClient.connect(BROKER.port(), version, Connect.persistent(clientId));
        first.subscribe(topic, 2);
        first.send(first.publish(topic, 1, 0, 11, "one"));
        first.send(first.publish(topic, 2, 0, 12, "two"));
        first.send(RawClient.ack(RawPacket.PUBREL, 12));
        RawPacket.Publish one = null;
        RawPacket.Publish two = null;
        while (one == null || two == null) {
            RawPacket packet = first.poll(RawClient.PATIENCE).orElseThrow();
            if (packet.type() == RawPacket.PUBLISH) {
                RawPacket.Publish publish = packet.publish(version);
                assertThat(publish.dup()).as("MQTT5-3.3.1-1: %s", publish).isFalse();
                if (publish.qos() == 1) {
                    one = publish;
                } else {
                    two = publish;
                }
            }
        }
        first.send(RawClient.ack(RawPacket.PUBREC, two.packetId()));
        while (first.poll(RawClient.PATIENCE).orElseThrow().type() != RawPacket.PUBREL) {
            // acknowledgements of what was published
        }
        first.close();

        RawClient second = RawClient.connect(BROKER.port(), version, Connect.persistent(clientId));
        RawPacket.Publish again = null;
        RawPacket release = null;
        while (again == null || release == null) {
            RawPacket packet = second.poll(RawClient.PATIENCE).orElseThrow();
            if (packet.type() == RawPacket.PUBLISH) {
                assertThat(again).as("only one PUBLISH").isNull();
                again = packet.publish(version);
            } else {
                assertThat(packet.type()).isEqualTo(RawPacket.PUBREL);
                release = packet;
            }
        }
        assertThat(again.payload()).isEqualTo("one");
        assertThat(again.dup()).as("MQTT5-3.3.1-1").isTrue();
        assertThat(again.packetId()).as("MQTT5-4.4.0-1").isEqualTo(one.packetId());
        assertThat(release.u16(0)).as("MQTT5-4.4.0-1").isEqualTo(two.packetId());
        second.send(RawClient.ack(RawPacket.PUBACK, again.packetId()));
        second.send(RawClient.ack(RawPacket.PUBCOMP, release.u16(0)));
        second.disconnect();

        RawClient third = RawClient.connect(BROKER.port(), version, Connect.persistent(clientId));
        assertThat(third.poll(Duration.ofMillis(200))).as("all is acknowledged").isEmpty();
        third.disconnect();
        endSession(version);
    }

    @Test
    @Mqtt311("4.3.3-2")
    void takesAMessageOfQoS2Once() throws Exception {
        try (TestClient subscriber = HiveMq5Client.connect(Options.of(BROKER.port(), unique("subscriber")))) {
            subscriber.subscribe(topic, 2);
            RawClient first = RawClient.connect(BROKER.port(), 4, Connect.persistent(clientId));
            first.send(first.publish(topic, 2, 0, 7, "once"));
            first.expect(RawPacket.PUBREC);
            first.close();
            RawClient second = RawClient.connect(BROKER.port(), 4, Connect.persistent(clientId));
            second.send(second.publish(topic, 2, 8, 7, "once")); // as if the PUBREC had been lost
            second.expect(RawPacket.PUBREC);
            second.send(RawClient.ack(RawPacket.PUBREL, 7));
            second.expect(RawPacket.PUBCOMP);
            second.send(second.publish(topic, 2, 0, 7, "end"));
            second.expect(RawPacket.PUBREC);
            second.send(RawClient.ack(RawPacket.PUBREL, 7));
            second.expect(RawPacket.PUBCOMP);
            second.disconnect();
            assertThat(subscriber.until("end"))
                    .as("MQTT5-4.3.3-10")
                    .extracting(Received::payload)
                    .containsExactly("once", "end");
        }
        endSession(4);
    }

    @Test
    @Mqtt5({"3.1.2-23", "4.1.0-2"})
    void expires() throws Exception {
        Connect persistent = Connect.persistent(clientId);
        RawClient.connect(BROKER.port(), 5, persistent.sessionExpiry(60)).disconnect();
        try (RawClient back = RawClient.connect(BROKER.port(), 5, persistent.sessionExpiry(1))) {
            assertThat(back.sessionPresent()).as("within its time").isTrue();
        }
        Awaitility.await().pollDelay(Duration.ofMillis(2500)).until(() -> true);
        try (RawClient late = RawClient.connect(BROKER.port(), 5, persistent.sessionExpiry(1))) {
            assertThat(late.sessionPresent())
                    .as("MQTT5-4.1.0-2, MQTT5 3.1.2.11.2")
                    .isFalse();
        }
    }

    @Test
    @Mqtt5("4.1.0-2")
    void endsWithItsConnectionUnlessTheClientSaysOtherwise() throws Exception {
        Connect notClean = new Connect(clientId, false, 60, 0, "", "", "");
        RawClient.connect(BROKER.port(), 5, notClean).disconnect();
        try (RawClient back = RawClient.connect(BROKER.port(), 5, notClean)) {
            assertThat(back.sessionPresent())
                    .as("absent means 0 (MQTT5 3.1.2.11.2)")
                    .isFalse();
        }
    }

    @Test
    @Mqtt5("4.1.0-2")
    void getsANewExpiryWithDisconnect() throws Exception {
        RawClient first = RawClient.connect(BROKER.port(), 5, Connect.persistent(clientId));
        first.sendHex("E0 07 00 05 11 00 00 00 00"); // Session Expiry Interval 0
        first.expectClosed();
        try (RawClient back =
                RawClient.connect(BROKER.port(), 5, Connect.persistent(clientId).sessionExpiry(1))) {
            assertThat(back.sessionPresent()).as("MQTT5 3.14.2.2.2").isFalse();
        }
    }

    @Test
    @Mqtt5("3.1.4-3")
    void isTakenOverByANewConnection() throws Exception {
        HiveMq5Client old =
                HiveMq5Client.connect(Options.of(BROKER.port(), clientId).keepingSession());
        old.subscribe(topic, 1);
        try (HiveMq5Client taker =
                HiveMq5Client.connect(Options.of(BROKER.port(), clientId).keepingSession())) {
            assertThat(taker.connAck().isSessionPresent()).isTrue();
            Throwable why = old.disconnected().get(5, TimeUnit.SECONDS);
            assertThat(why).isInstanceOf(Mqtt5DisconnectException.class);
            assertThat(((Mqtt5DisconnectException) why).getMqttMessage().getReasonCode())
                    .as("MQTT5-3.1.4-3")
                    .isEqualTo(Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER);
            taker.publish(topic, 1, "still subscribed");
            assertThat(taker.next().payload()).isEqualTo("still subscribed");
        }
        endSession(5);
    }

    @Test
    @Mqtt311("3.1.4-2")
    void isTakenOverFromAnOlderClient() throws Exception {
        try (RawClient old = RawClient.connect(BROKER.port(), 4, Connect.clean(clientId));
                RawClient taker = RawClient.connect(BROKER.port(), 4, Connect.clean(clientId))) {
            old.expectClosed(); // MQTT-3.1.4-2
            taker.sendHex("C0 00");
            taker.expect(RawPacket.PINGRESP);
        }
    }

    @Test
    @Mqtt5({"3.3.2-5", "3.3.2-6"})
    void dropsMessagesThatExpiredWhileTheyWaited() throws Exception {
        Options options = Options.of(BROKER.port(), clientId).keepingSession();
        HiveMq5Client first = HiveMq5Client.connect(options);
        first.subscribe(topic, 1);
        first.close();
        try (HiveMq5Client publisher = HiveMq5Client.connect(Options.of(BROKER.port(), unique("publisher")))) {
            publish(publisher, "short", 1);
            publish(publisher, "long", 100);
            Awaitility.await().pollDelay(Duration.ofMillis(2100)).until(() -> true);
            try (HiveMq5Client back = HiveMq5Client.connect(options)) {
                publish(publisher, "end", 100);
                Mqtt5Publish waited = back.publishes().poll(5, TimeUnit.SECONDS);
                assertThat(waited).isNotNull();
                assertThat(new String(waited.getPayloadAsBytes(), StandardCharsets.UTF_8))
                        .as("MQTT5-3.3.2-5")
                        .isEqualTo("long");
                assertThat(waited.getMessageExpiryInterval().orElseThrow())
                        .as("less the time it waited (MQTT5-3.3.2-6)")
                        .isBetween(90L, 98L);
                Mqtt5Publish direct = back.publishes().poll(5, TimeUnit.SECONDS);
                assertThat(direct).isNotNull();
                assertThat(direct.getMessageExpiryInterval().orElseThrow()).isBetween(98L, 100L);
            }
        }
        endSession(5);
    }

    private void publish(HiveMq5Client publisher, String payload, long expiry) throws Exception {
        done(publisher
                .client()
                .publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .messageExpiryInterval(expiry)
                .send());
    }

    @Test
    @Mqtt5({"3.3.4-9", "4.9.0-2"})
    void sendsNoMoreThanTheClientCanTake() throws Exception {
        try (RawClient subscriber = RawClient.open(BROKER.port(), 5);
                HiveMq5Client publisher = HiveMq5Client.connect(
                        BROKER.port(),
                        unique("publisher"),
                        Mqtt5Connect.builder().build())) {
            Bytes connect = new Bytes()
                    .text("MQTT")
                    .u8(5)
                    .u8(2)
                    .u16(60)
                    .counted(new Bytes().u8(0x21).u16(2)) // Receive Maximum 2
                    .text(clientId);
            subscriber.send(new Bytes().u8(0x10).counted(connect).toArray());
            subscriber.expect(RawPacket.CONNACK);
            subscriber.subscribe(topic, 1);
            publisher.publish(topic, 1, "a", "b", "c");
            RawPacket.Publish a = subscriber.expectPublish();
            assertThat(a.payload()).isEqualTo("a");
            assertThat(subscriber.expectPublish().payload()).isEqualTo("b");
            assertThat(subscriber.poll(Duration.ofMillis(200)))
                    .as("MQTT5-3.3.4-9")
                    .isEmpty();
            subscriber.send(RawClient.ack(RawPacket.PUBACK, a.packetId()));
            assertThat(subscriber.expectPublish().payload()).isEqualTo("c");
        }
    }
}
