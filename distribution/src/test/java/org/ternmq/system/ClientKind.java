package org.ternmq.system;

import java.util.EnumSet;
import java.util.Set;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.ternmq.system.TestClient.Options;
import org.ternmq.system.TestClient.Transport;

/** The clients that the broker is tried with; none of them was written here. */
enum ClientKind {
    HIVEMQ_3(3, "HiveMQ 3.1.1"),
    HIVEMQ_5(5, "HiveMQ 5.0"),
    PAHO_3(3, "Paho 3.1.1"),
    PAHO_5(5, "Paho 5.0"),
    MOSQUITTO_3(3, "mosquitto 3.1.1"),
    MOSQUITTO_5(5, "mosquitto 5.0"),
    MQTT_JS_3(3, "mqtt.js 3.1.1"),
    MQTT_JS_5(5, "mqtt.js 5.0"),
    PAHO_31(3, "Paho 3.1"),
    MOSQUITTO_31(3, "mosquitto 3.1"),
    MQTT_JS_31(3, "mqtt.js 3.1");

    /** Those with which each is tried with each: without mqtt.js, which takes a process each, and without 3.1. */
    static final Set<ClientKind> USUAL = EnumSet.range(HIVEMQ_3, MOSQUITTO_5);

    private final int version;
    private final String words;

    ClientKind(int version, String words) {
        this.version = version;
        this.words = words;
    }

    /** 3 or 5. */
    int version() {
        return version;
    }

    /** Whether it can speak over this. */
    boolean speaksOver(Transport transport) {
        return switch (this) {
            case HIVEMQ_3, HIVEMQ_5, PAHO_3, PAHO_5, PAHO_31, MQTT_JS_3, MQTT_JS_5, MQTT_JS_31 -> true;
            case MOSQUITTO_3, MOSQUITTO_5, MOSQUITTO_31 -> !transport.isWebSocket();
        };
    }

    /** Whether it connects only to subscribe or to publish. */
    boolean connectsLate() {
        return this == MOSQUITTO_3 || this == MOSQUITTO_5 || this == MOSQUITTO_31;
    }

    /** Connects a client; the test is skipped if it needs a program that is not installed. */
    TestClient connect(Options options) throws Exception {
        return switch (this) {
            case HIVEMQ_3 -> HiveMq3Client.connect(options);
            case HIVEMQ_5 -> HiveMq5Client.connect(options);
            case PAHO_3 -> Paho3Client.connect(options, MqttConnectOptions.MQTT_VERSION_3_1_1);
            case PAHO_31 -> Paho3Client.connect(options, MqttConnectOptions.MQTT_VERSION_3_1);
            case PAHO_5 -> Paho5Client.connect(options);
            case MOSQUITTO_3 -> MosquittoClient.of("mqttv311", options);
            case MOSQUITTO_5 -> MosquittoClient.of("mqttv5", options);
            case MOSQUITTO_31 -> MosquittoClient.of("mqttv31", options);
            case MQTT_JS_3 -> MqttJsClient.connect(4, options);
            case MQTT_JS_5 -> MqttJsClient.connect(5, options);
            case MQTT_JS_31 -> MqttJsClient.connect(3, options);
        };
    }

    @Override
    public String toString() {
        return words;
    }
}
