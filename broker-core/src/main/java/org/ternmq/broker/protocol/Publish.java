package org.ternmq.broker.protocol;

import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/** PUBLISH, as it came: its topic may be known by an alias only. */
public final class Publish implements Packet {
    /** There is no Topic Alias. */
    public static final int NO_ALIAS = -1;

    private final @Nullable TopicName topic;
    private final QoS qos;
    private final boolean retain;
    private final boolean dup;
    private final int packetId;
    private final int topicAlias;
    private final byte[] payload;
    private final PublishProperties properties;

    Publish(
            @Nullable TopicName topic,
            QoS qos,
            boolean retain,
            boolean dup,
            int packetId,
            int topicAlias,
            byte[] payload,
            PublishProperties properties) {
        this.topic = topic;
        this.qos = qos;
        this.retain = retain;
        this.dup = dup;
        this.packetId = packetId;
        this.topicAlias = topicAlias;
        this.payload = payload;
        this.properties = properties;
    }

    /** The topic, or null where it has length 0. */
    public @Nullable TopicName topic() {
        return topic;
    }

    /** The QoS. */
    public QoS qos() {
        return qos;
    }

    /** RETAIN. */
    public boolean retain() {
        return retain;
    }

    /** DUP; says nothing about what is forwarded (MQTT-3.3.1-3). */
    public boolean dup() {
        return dup;
    }

    /** The packet identifier, 0 for QoS 0. */
    public int packetId() {
        return packetId;
    }

    /** The Topic Alias as it came, 0 to 65535, or {@link #NO_ALIAS}. */
    public int topicAlias() {
        return topicAlias;
    }

    /** The payload; not to be changed. */
    public byte[] payload() {
        return payload;
    }

    /** What is forwarded. */
    public PublishProperties properties() {
        return properties;
    }

    @Override
    public String toString() {
        return "Publish[" + topic + ", " + qos + ", id " + packetId + ", alias " + topicAlias + ", " + payload.length
                + " bytes]";
    }
}
