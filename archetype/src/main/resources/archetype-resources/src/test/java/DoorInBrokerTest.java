package ${package};

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.embedded.EmbeddedBroker;
import org.ternmq.embedded.TernMqExtension;

/** The door in a whole broker, which finds it on the class path as it would in its plugins folder. */
class DoorInBrokerTest {
    @RegisterExtension
    static final TernMqExtension TERNMQ = TernMqExtension.of(
            EmbeddedBroker.builder().yaml("authentication: {use: [{type: door, code: '1234', guest: ada}]}"));

    @Test
    void opensToWhoKnowsTheCode(@TernMqExtension.Port int port) throws MqttException {
        MqttClient client = new MqttClient("tcp://127.0.0.1:" + port, "ada", new MemoryPersistence());
        client.connect(with("1234"));
        assertTrue(client.isConnected());
        client.disconnect();
        assertThrows(MqttException.class, () -> client.connect(with("4321")));
        client.close();
    }

    private static MqttConnectionOptions with(String code) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("ada");
        options.setPassword(code.getBytes(StandardCharsets.UTF_8));
        return options;
    }
}
