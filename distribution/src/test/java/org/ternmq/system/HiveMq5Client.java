package org.ternmq.system;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** HiveMQ's Java client, speaking MQTT 5.0. What is special to 5.0 is done with {@link #client()} itself. */
final class HiveMq5Client implements TestClient {
    private final Mqtt5AsyncClient client;
    private final Mqtt5ConnAck connAck;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Mqtt5Publish> publishes = new LinkedBlockingQueue<>();
    private final CompletableFuture<Throwable> disconnected = new CompletableFuture<>();

    private HiveMq5Client(Options options, Mqtt5Connect connect) throws Exception {
        client = HiveMq3Client.builder(options)
                .useMqttVersion5()
                .addDisconnectedListener(context -> disconnected.complete(context.getCause()))
                .buildAsync();
        client.publishes(MqttGlobalPublishFilter.ALL, p -> {
            publishes.add(p);
            received.add(new Received(
                    p.getTopic().toString(),
                    new String(p.getPayloadAsBytes(), StandardCharsets.UTF_8),
                    p.getQos().getCode(),
                    p.isRetain()));
        });
        connAck = HiveMq3Client.done(client.connect(connect));
    }

    static HiveMq5Client connect(Options options) throws Exception {
        var connect = Mqtt5Connect.builder().cleanStart(!options.keepSession());
        if (options.keepSession()) {
            connect.noSessionExpiry();
        }
        options.will()
                .ifPresent(will -> connect.willPublish()
                        .topic(will.topic())
                        .payload(will.payload().getBytes(StandardCharsets.UTF_8))
                        .qos(HiveMq3Client.qos(will.qos()))
                        .applyWillPublish());
        return new HiveMq5Client(options, connect.build());
    }

    static HiveMq5Client connect(int port, String clientId, Mqtt5Connect connect) throws Exception {
        return new HiveMq5Client(Options.of(port, clientId), connect);
    }

    Mqtt5AsyncClient client() {
        return client;
    }

    Mqtt5ConnAck connAck() {
        return connAck;
    }

    /** What has come in, with its properties; each is in {@link #received()} too. */
    BlockingQueue<Mqtt5Publish> publishes() {
        return publishes;
    }

    /** Why the connection ended. */
    CompletableFuture<Throwable> disconnected() {
        return disconnected;
    }

    @Override
    public void subscribe(String filter, int qos) throws Exception {
        HiveMq3Client.done(client.subscribeWith()
                .topicFilter(filter)
                .qos(HiveMq3Client.qos(qos))
                .send());
    }

    @Override
    public void unsubscribe(String filter) throws Exception {
        HiveMq3Client.done(client.unsubscribeWith().topicFilter(filter).send());
    }

    @Override
    public void publish(String topic, int qos, boolean retain, List<String> payloads) throws Exception {
        for (CompletableFuture<?> future : payloads.stream()
                .map(p -> client.publishWith()
                        .topic(topic)
                        .qos(HiveMq3Client.qos(qos))
                        .retain(retain)
                        .payload(p.getBytes(StandardCharsets.UTF_8))
                        .send())
                .toList()) {
            HiveMq3Client.done(future);
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
            HiveMq3Client.done(client.disconnect().exceptionally(broken -> null)); // it may break meanwhile
        }
    }
}
