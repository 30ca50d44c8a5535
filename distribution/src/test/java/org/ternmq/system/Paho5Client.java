package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Eclipse Paho's Java client, speaking MQTT 5.0. */
final class Paho5Client implements TestClient, MqttCallback {
    private final MqttClient client;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<MqttMessage> messages = new LinkedBlockingQueue<>();

    private Paho5Client(Options options) throws MqttException {
        client = new MqttClient(options.url(Paho3Client.scheme(options)), options.clientId(), new MemoryPersistence());
        client.setCallback(this);
        client.setTimeToWait(10_000);
    }

    static Paho5Client connect(Options options) throws Exception {
        Paho5Client made = new Paho5Client(options);
        MqttConnectionOptions connect = new MqttConnectionOptions();
        connect.setCleanStart(!options.keepSession());
        if (options.keepSession()) {
            connect.setSessionExpiryInterval(0xFFFF_FFFFL);
        }
        options.will()
                .ifPresent(w -> connect.setWill(
                        w.topic(),
                        new MqttMessage(
                                w.payload().getBytes(StandardCharsets.UTF_8), w.qos(), false, new MqttProperties())));
        if (options.ca().isPresent()) {
            connect.setSocketFactory(options.ca().get().socketFactory());
        }
        made.client.connect(connect);
        return made;
    }

    MqttClient client() {
        return client;
    }

    /** What has come in, with its properties; each is in {@link #received()} too. */
    BlockingQueue<MqttMessage> messages() {
        return messages;
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
        messages.add(m);
        received.add(
                new Received(topic, new String(m.getPayload(), StandardCharsets.UTF_8), m.getQos(), m.isRetained()));
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String uri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}
}
