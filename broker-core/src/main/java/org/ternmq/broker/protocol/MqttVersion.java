package org.ternmq.broker.protocol;

/** A protocol version, with the Protocol Name and level by which CONNECT announces it. */
public enum MqttVersion {
    /** MQTT 3.1. */
    V3_1(3, "MQIsdp"),
    /** MQTT 3.1.1. */
    V3_1_1(4, "MQTT"),
    /** MQTT 5.0. */
    V5_0(5, "MQTT");

    private final int level;
    private final String protocolName;

    MqttVersion(int level, String protocolName) {
        this.level = level;
        this.protocolName = protocolName;
    }

    /** The protocol level byte of CONNECT. */
    public int level() {
        return level;
    }

    /** The Protocol Name of CONNECT. */
    public String protocolName() {
        return protocolName;
    }

    /** Whether packets have properties and reason codes. */
    public boolean hasProperties() {
        return this == V5_0;
    }
}
