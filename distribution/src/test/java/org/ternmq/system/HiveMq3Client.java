package org.ternmq.system;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** HiveMQ's Java client, speaking MQTT 3.1.1. */
final class HiveMq3Client implements TestClient {
    private final Mqtt3AsyncClient client;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();

    private HiveMq3Client(Options options) throws Exception {
        client = builder(options).useMqttVersion3().buildAsync();
    }

    /** What is the same for both versions. */
    static MqttClientBuilder builder(Options options) throws Exception {
        MqttClientBuilder builder = MqttClient.builder()
                .identifier(options.clientId())
                .serverHost("127.0.0.1")
                .serverPort(options.port());
        if (options.transport().isWebSocket()) {
            builder.webSocketConfig().serverPath("mqtt").applyWebSocketConfig();
        }
        if (options.ca().isPresent()) {
            builder.sslConfig().trustManagerFactory(options.ca().get().trust()).applySslConfig();
        }
        return builder;
    }

    static HiveMq3Client connect(Options options) throws Exception {
        HiveMq3Client made = new HiveMq3Client(options);
        made.client.publishes(
                MqttGlobalPublishFilter.ALL,
                p -> made.received.add(new Received(
                        p.getTopic().toString(),
                        new String(p.getPayloadAsBytes(), StandardCharsets.UTF_8),
                        p.getQos().getCode(),
                        p.isRetain())));
        var connect = made.client.connectWith().cleanSession(!options.keepSession());
        options.will()
                .ifPresent(will -> connect.willPublish()
                        .topic(will.topic())
                        .payload(will.payload().getBytes(StandardCharsets.UTF_8))
                        .qos(qos(will.qos()))
                        .applyWillPublish());
        done(connect.send());
        return made;
    }

    static MqttQos qos(int qos) {
        MqttQos known = MqttQos.fromCode(qos);
        if (known == null) {
            throw new IllegalArgumentException("QoS " + qos);
        }
        return known;
    }

    static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    @Override
    public void subscribe(String filter, int qos) throws Exception {
        done(client.subscribeWith().topicFilter(filter).qos(qos(qos)).send());
    }

    @Override
    public void unsubscribe(String filter) throws Exception {
        done(client.unsubscribeWith().topicFilter(filter).send());
    }

    @Override
    public void publish(String topic, int qos, boolean retain, List<String> payloads) throws Exception {
        for (CompletableFuture<?> future : payloads.stream()
                .map(p -> client.publishWith()
                        .topic(topic)
                        .qos(qos(qos))
                        .retain(retain)
                        .payload(p.getBytes(StandardCharsets.UTF_8))
                        .send())
                .toList()) {
            done(future);
        }
    }

    @Override
    public void clearRetained(String topic) throws Exception {
        publish(topic, 1, true, List.of(""));
    }

    @Override
    public BlockingQueue<Received> received() {
        return received;
    }

    @Override
    public void close() throws Exception {
        if (client.getState().isConnected()) {
            done(client.disconnect().exceptionally(broken -> null)); // it may break meanwhile
        }
    }
}
