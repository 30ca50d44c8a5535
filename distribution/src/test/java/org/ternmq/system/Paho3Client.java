package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Eclipse Paho's Java client, speaking MQTT 3.1.1. */
final class Paho3Client implements TestClient, MqttCallback {
    private final MqttClient client;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();

    private Paho3Client(Options options) throws MqttException {
        client = new MqttClient(options.url(scheme(options)), options.clientId(), new MemoryPersistence());
        client.setCallback(this);
        client.setTimeToWait(10_000);
    }

    static String scheme(Options options) {
        return switch (options.transport()) {
            case TCP -> "tcp";
            case TLS -> "ssl";
            case WEBSOCKET -> "ws";
            case SECURE_WEBSOCKET -> "wss";
        };
    }

    static Paho3Client connect(Options options, int mqttVersion) throws Exception {
        Paho3Client made = new Paho3Client(options);
        MqttConnectOptions connect = new MqttConnectOptions();
        connect.setMqttVersion(mqttVersion);
        connect.setCleanSession(!options.keepSession());
        connect.setMaxInflight(1000); // it counts some that its blocking calls have seen acknowledged
        options.will()
                .ifPresent(
                        w -> connect.setWill(w.topic(), w.payload().getBytes(StandardCharsets.UTF_8), w.qos(), false));
        if (options.ca().isPresent()) {
            connect.setSocketFactory(options.ca().get().socketFactory());
        }
        made.client.connect(connect);
        return made;
    }

    @Override
    public void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos);
    }

    @Override
    public void unsubscribe(String filter) throws MqttException {
        client.unsubscribe(filter);
    }

    @Override
    public void publish(String topic, int qos, boolean retain, List<String> payloads) throws MqttException {
        for (String payload : payloads) {
            client.publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, retain);
        }
    }

    @Override
    public void clearRetained(String topic) throws MqttException {
        client.publish(topic, new byte[0], 1, true);
    }

    @Override
    public BlockingQueue<Received> received() {
        return received;
    }

    @Override
    public void close() throws MqttException {
        if (client.isConnected()) {
            client.disconnect(1000);
        }
        client.close();
    }

    @Override
    public void messageArrived(String topic, MqttMessage m) {
        received.add(
                new Received(topic, new String(m.getPayload(), StandardCharsets.UTF_8), m.getQos(), m.isRetained()));
    }

    @Override
    public void connectionLost(Throwable cause) {}

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {}
}
