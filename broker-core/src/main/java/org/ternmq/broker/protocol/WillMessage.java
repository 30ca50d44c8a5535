package org.ternmq.broker.protocol;

import java.util.Arrays;
import org.ternmq.spi.QoS;

/**
 * The will of a CONNECT.
 *
 * @param payload not to be changed
 * @param delayInterval seconds, 0 to 4294967295
 */
public record WillMessage(
        TopicName topic, QoS qos, boolean retain, byte[] payload, PublishProperties properties, long delayInterval) {
    @Override
    public boolean equals(Object o) {
        return o instanceof WillMessage w
                && topic.equals(w.topic)
                && qos == w.qos
                && retain == w.retain
                && Arrays.equals(payload, w.payload)
                && properties.equals(w.properties)
                && delayInterval == w.delayInterval;
    }

    @Override
    public int hashCode() {
        return topic.hashCode();
    }

    @Override
    public String toString() {
        return "WillMessage[" + topic + ", " + qos + ", " + payload.length + " bytes, delay " + delayInterval + "]";
    }
}
