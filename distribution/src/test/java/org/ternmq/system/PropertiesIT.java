package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.HiveMq3Client.done;
import static org.ternmq.system.SharedBroker.unique;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PayloadFormatIndicator;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.TestClient.Options;

/** The properties of MQTT 5.0 that the broker carries and does not touch. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class PropertiesIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    /** In this order, with a name twice (MQTT5-3.3.2-18). */
    private static final List<String> USER_PROPERTIES =
            List.of("zeta=1", "alpha=", "zeta=2", "ключ=значение", "zeta=1");

    private final String topic = unique("properties");

    private static Options options(String name) {
        return Options.of(BROKER.port(), unique(name));
    }

    private void publish(HiveMq5Client publisher, boolean retain) throws Exception {
        var publish = Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .retain(retain)
                .payload("grüße".getBytes(StandardCharsets.UTF_8))
                .payloadFormatIndicator(Mqtt5PayloadFormatIndicator.UTF_8)
                .contentType("text/plain; charset=utf-8")
                .responseTopic(topic + "/answer")
                .correlationData(new byte[] {0, 1, 2, (byte) 0xFF});
        var properties = publish.userProperties();
        for (String property : USER_PROPERTIES) {
            String[] parts = property.split("=", 2);
            properties = properties.add(parts[0], parts[1]);
        }
        done(publisher.client().publish(properties.applyUserProperties().build()));
    }

    private void check(Mqtt5Publish got) {
        assertThat(got).as("a message within 5 s").isNotNull();
        assertThat(got.getPayloadAsBytes()).asString(StandardCharsets.UTF_8).isEqualTo("grüße");
        assertThat(got.getPayloadFormatIndicator()).as("MQTT5-3.3.2-4").contains(Mqtt5PayloadFormatIndicator.UTF_8);
        assertThat(got.getContentType().orElseThrow()).as("MQTT5-3.3.2-20").hasToString("text/plain; charset=utf-8");
        assertThat(got.getResponseTopic().orElseThrow()).as("MQTT5-3.3.2-15").hasToString(topic + "/answer");
        assertThat(got.getCorrelationData())
                .as("MQTT5-3.3.2-16")
                .contains(ByteBuffer.wrap(new byte[] {0, 1, 2, (byte) 0xFF}));
        assertThat(got.getMessageExpiryInterval()).isEmpty();
        assertThat(got.getUserProperties().asList())
                .as("MQTT5-3.3.2-17, MQTT5-3.3.2-18")
                .extracting(p -> p.getName() + "=" + p.getValue())
                .isEqualTo(USER_PROPERTIES);
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        return Optional.ofNullable(queue.poll(5, TimeUnit.SECONDS))
                .orElseThrow(() -> new AssertionError("no message came within 5 s"));
    }

    @Test
    @Mqtt5({"3.3.2-4", "3.3.2-15", "3.3.2-16", "3.3.2-17", "3.3.2-18", "3.3.2-20"})
    void reachHiveMqsClient() throws Exception {
        try (HiveMq5Client subscriber = HiveMq5Client.connect(options("subscriber"));
                HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            subscriber.subscribe(topic, 2);
            publish(publisher, false);
            check(next(subscriber.publishes()));
        }
    }

    @Test
    void reachPahosClient() throws Exception {
        try (Paho5Client subscriber = Paho5Client.connect(options("subscriber"));
                HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            subscriber.subscribe(topic, 2);
            publish(publisher, false);
            MqttMessage got = next(subscriber.messages());
            assertThat(got.getProperties().getPayloadFormat()).isTrue();
            assertThat(got.getProperties().getContentType()).isEqualTo("text/plain; charset=utf-8");
            assertThat(got.getProperties().getResponseTopic()).isEqualTo(topic + "/answer");
            assertThat(got.getProperties().getCorrelationData()).containsExactly(0, 1, 2, 0xFF);
            assertThat(got.getProperties().getUserProperties())
                    .extracting(p -> p.getKey() + "=" + p.getValue())
                    .isEqualTo(USER_PROPERTIES);
        }
    }

    @Test
    void reachMosquittosClient() throws Exception {
        External.program("mosquitto_sub");
        Process process = new ProcessBuilder(
                        "stdbuf",
                        "-oL",
                        "mosquitto_sub",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(BROKER.port()),
                        "-V",
                        "mqttv5",
                        "-t",
                        topic,
                        "-q",
                        "1",
                        "-d",
                        "-F",
                        "GOT %F|%C|%R|%D|%P")
                .redirectErrorStream(true)
                .start();
        Output output = new Output("mosquitto_sub", process.getInputStream());
        try (HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            assertThat(output.await(l -> l.startsWith("Subscribed "), Duration.ofSeconds(5)))
                    .isPresent();
            publish(publisher, false);
            String got = output.await(l -> l.startsWith("GOT "), Duration.ofSeconds(5))
                    .orElseThrow(() -> new AssertionError(output.text()));
            // mosquitto_sub writes name:value, and ends the correlation data at a zero byte
            assertThat(got).startsWith("GOT 1|text/plain; charset=utf-8|" + topic + "/answer|");
            assertThat(got).endsWith("|zeta:1 alpha: zeta:2 ключ:значение zeta:1");
        } finally {
            process.destroy();
        }
    }

    @Test
    void areKeptWithARetainedMessage() throws Exception {
        try (HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            publish(publisher, true);
            try (HiveMq5Client late = HiveMq5Client.connect(options("late"))) {
                late.subscribe(topic, 1);
                Mqtt5Publish got = next(late.publishes());
                assertThat(got.isRetain()).isTrue();
                check(got);
            }
            publisher.clearRetained(topic);
        }
    }

    @Test
    void areKeptWithAMessageThatWaits() throws Exception {
        Options options = options("away").keepingSession();
        HiveMq5Client away = HiveMq5Client.connect(options);
        away.subscribe(topic, 1);
        away.close();
        try (HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            publish(publisher, false);
        }
        try (HiveMq5Client back = HiveMq5Client.connect(options)) {
            check(next(back.publishes()));
        }
        RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(options.clientId()))
                .disconnect();
    }

    @Test
    void areLeftOutForOlderClients() throws Exception {
        try (Paho3Client subscriber = Paho3Client.connect(options("subscriber"));
                HiveMq5Client publisher = HiveMq5Client.connect(options("publisher"))) {
            subscriber.subscribe(topic, 1);
            publish(publisher, false);
            assertThat(subscriber.next()).isEqualTo(new Received(topic, "grüße", 1, false));
        }
    }

    @Test
    void carryAliasesThatAreTheConnectionsOwn() throws Exception {
        try (HiveMq5Client subscriber = HiveMq5Client.connect(options("subscriber"));
                RawClient publisher = RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(unique("raw")))) {
            subscriber.subscribe(topic, 1);
            publisher.send(aliased(topic, "named"));
            publisher.send(aliased("", "by alias"));
            assertThat(next(subscriber.publishes()).getTopic()).hasToString(topic);
            Mqtt5Publish second = next(subscriber.publishes());
            assertThat(second.getTopic()).as("MQTT5 3.3.2.3.4").hasToString(topic);
            assertThat(second.getPayloadAsBytes())
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("by alias");
        }
    }

    private static byte[] aliased(String topic, String payload) throws IOException {
        Bytes body = new Bytes()
                .text(topic)
                .counted(new Bytes().u8(0x23).u16(1))
                .bytes(payload.getBytes(StandardCharsets.UTF_8));
        return new Bytes().u8(0x30).counted(body).toArray();
    }
}
