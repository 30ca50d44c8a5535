package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5WillPublish;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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
import org.ternmq.system.TestClient.Options;

/** Wills, and the keep-alive that lets the broker see a death. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class WillIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private final String topic = unique("will") + "/gone";

    private TestClient watcher() throws Exception {
        TestClient watcher = HiveMq5Client.connect(Options.of(BROKER.port(), unique("watcher")));
        watcher.subscribe(topic, 2);
        return watcher;
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    @Mqtt5({"3.1.2-7", "3.1.2-8"})
    @Mqtt311("3.1.2-8")
    void isPublishedWhenTheConnectionBreaks(ClientKind kind) throws Exception {
        try (TestClient watcher = watcher();
                Relay relay = new Relay(BROKER.port())) {
            Options options = Options.of(relay.port(), unique("dying")).withWill(topic, "it broke", 1);
            TestClient dying = kind.connect(options);
            dying.subscribe(unique("whatever"), 0); // mosquitto_sub connects only now
            relay.cut();
            assertThat(watcher.next()).as("MQTT5-3.1.2-8").isEqualTo(new Received(topic, "it broke", 1, false));
            assertThat(watcher.isQuietFor(Duration.ofMillis(100))).isTrue();
            relay.close(); // or a client may come back
            dying.close();
        }
    }

    /** All but one: mosquitto_sub, speaking 5.0 and told to end, asks for its will to be published. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "MOSQUITTO_5")
    @Mqtt5({"3.1.2-10", "3.14.4-3"})
    @Mqtt311({"3.1.2-10", "3.14.4-3"})
    void isForgottenWithDisconnect(ClientKind kind) throws Exception {
        try (TestClient watcher = watcher()) {
            TestClient leaving =
                    kind.connect(Options.of(BROKER.port(), unique("leaving")).withWill(topic, "it broke", 1));
            leaving.subscribe(unique("whatever"), 0);
            leaving.close();
            assertThat(watcher.isQuietFor(Duration.ofMillis(300)))
                    .as("MQTT5-3.14.4-3")
                    .isTrue();
        }
    }

    @Test
    @Mqtt5("3.1.2-8")
    void isPublishedWithDisconnectIfTheClientWantsThat() throws Exception {
        try (TestClient watcher = watcher()) {
            HiveMq5Client leaving = HiveMq5Client.connect(
                    Options.of(BROKER.port(), unique("leaving")).withWill(topic, "wanted", 2));
            HiveMq3Client.done(leaving.client()
                    .disconnectWith()
                    .reasonCode(Mqtt5DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE)
                    .send());
            assertThat(watcher.next()).as("MQTT5 3.14.2.1, 0x04").isEqualTo(new Received(topic, "wanted", 2, false));
        }
    }

    @Test
    @Mqtt5("3.1.2-8")
    void waitsForItsDelay() throws Exception {
        try (TestClient watcher = watcher();
                Relay relay = new Relay(BROKER.port())) {
            HiveMq5Client.connect(relay.port(), unique("dying"), delayed(2));
            long broken = System.nanoTime();
            relay.cut();
            assertThat(watcher.next().payload()).isEqualTo("delayed");
            assertThat(Duration.ofNanos(System.nanoTime() - broken))
                    .as("MQTT5 3.1.3.2.2")
                    .isGreaterThan(Duration.ofMillis(1500));
        }
    }

    @Test
    @Mqtt5({"3.1.2-8", "3.1.3-9"})
    void isForgottenWhenTheSessionGoesOnBeforeItsDelay() throws Exception {
        try (TestClient watcher = watcher();
                Relay relay = new Relay(BROKER.port())) {
            String clientId = unique("dying");
            HiveMq5Client.connect(relay.port(), clientId, delayed(2));
            relay.cut();
            try (HiveMq5Client back =
                    HiveMq5Client.connect(Options.of(BROKER.port(), clientId).keepingSession())) {
                assertThat(back.connAck().isSessionPresent()).isTrue();
                assertThat(watcher.isQuietFor(Duration.ofMillis(2500)))
                        .as("MQTT5-3.1.3-9")
                        .isTrue();
            }
        }
    }

    private Mqtt5Connect delayed(int seconds) {
        return Mqtt5Connect.builder()
                .sessionExpiryInterval(30)
                .willPublish(Mqtt5WillPublish.builder()
                        .topic(topic)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload("delayed".getBytes(StandardCharsets.UTF_8))
                        .delayInterval(seconds)
                        .build())
                .build();
    }

    @Test
    @Mqtt5({"3.1.2-15", "3.1.3-10"})
    void isRetainedAndKeepsItsProperties() throws Exception {
        String clientId = unique("dying");
        try (Relay relay = new Relay(BROKER.port())) {
            HiveMq5Client.connect(
                    relay.port(),
                    clientId,
                    Mqtt5Connect.builder()
                            .willPublish(Mqtt5WillPublish.builder()
                                    .topic(topic)
                                    .qos(MqttQos.EXACTLY_ONCE)
                                    .retain(true)
                                    .payload("gone".getBytes(StandardCharsets.UTF_8))
                                    .contentType("text/plain")
                                    .responseTopic("answers")
                                    .correlationData(new byte[] {0, 1, (byte) 0xFF})
                                    .userProperties()
                                    .add("b", "1")
                                    .add("a", "2")
                                    .applyUserProperties()
                                    .build())
                            .build());
            try (TestClient watcher = watcher()) {
                relay.cut();
                assertThat(watcher.next()).isEqualTo(new Received(topic, "gone", 2, false));
            }
        }
        try (HiveMq5Client late = HiveMq5Client.connect(Options.of(BROKER.port(), unique("late")))) {
            late.subscribe(topic, 2);
            Mqtt5Publish will = late.publishes().poll(5, TimeUnit.SECONDS);
            assertThat(will).isNotNull();
            assertThat(will.isRetain()).as("MQTT5-3.1.2-15").isTrue();
            assertThat(will.getContentType().orElseThrow()).hasToString("text/plain");
            assertThat(will.getResponseTopic().orElseThrow()).hasToString("answers");
            assertThat(will.getCorrelationData()).contains(ByteBuffer.wrap(new byte[] {0, 1, (byte) 0xFF}));
            assertThat(will.getUserProperties().asList())
                    .extracting(p -> p.getName() + "=" + p.getValue())
                    .as("in their order (MQTT5-3.1.3-10)")
                    .containsExactly("b=1", "a=2");
            late.clearRetained(topic);
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {3, 4, 5})
    @Mqtt5({"3.1.2-8", "3.1.2-22"})
    @Mqtt311({"3.1.2-8", "3.1.2-24"})
    void followsAClientThatFallsSilent(int version) throws Exception {
        long before = System.nanoTime(); // the broker's time begins later than this
        try (TestClient watcher = watcher();
                RawClient silent = RawClient.connect(
                        BROKER.port(),
                        version,
                        RawClient.Connect.clean(unique("silent")).keepAlive(1).will(topic))) {
            if (version == 5) {
                RawPacket disconnect = silent.expect(RawPacket.DISCONNECT);
                assertThat(disconnect.disconnectReason())
                        .as("Keep Alive timeout (MQTT5 3.1.2.10)")
                        .isEqualTo(0x8D);
            }
            silent.expectClosed();
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .as("one and a half times the keep-alive (MQTT5-3.1.2-22)")
                    .isBetween(Duration.ofMillis(1500), Duration.ofSeconds(30));
            assertThat(watcher.next()).isEqualTo(new Received(topic, "will", 1, false));
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {3, 4, 5})
    @Mqtt5({"3.1.2-22", "3.12.4-1"})
    @Mqtt311({"3.1.2-24", "3.12.4-1"})
    void doesNotFollowAClientThatPings(int version) throws Exception {
        try (TestClient watcher = watcher();
                RawClient pinging = RawClient.connect(
                        BROKER.port(),
                        version,
                        RawClient.Connect.clean(unique("pinging")).keepAlive(2).will(topic))) {
            for (int i = 0; i < 3; i++) {
                assertThat(watcher.isQuietFor(Duration.ofMillis(1200))).isTrue();
                pinging.sendHex("C0 00");
                pinging.expect(RawPacket.PINGRESP);
            }
            pinging.disconnect();
        }
    }
}
