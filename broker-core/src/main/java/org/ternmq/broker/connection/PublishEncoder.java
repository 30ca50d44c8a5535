package org.ternmq.broker.connection;

import io.netty.buffer.ByteBuf;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MqttEncoder;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;

/**
 * Writes deliveries as PUBLISH packets. A QoS 0 packet that is the same for every subscriber of a version is encoded once
 * and copied from then on.
 *
 * <p>Owner: the connection's loop.
 */
final class PublishEncoder {
    private static final byte[] NO_TOPIC = {};
    /** An alias costs three bytes: shorter topics gain nothing. */
    private static final int WORTH_AN_ALIAS = 4;

    private final TopicAliases aliases;

    PublishEncoder(TopicAliases aliases) {
        this.aliases = aliases;
    }

    /**
     * Writes one.
     *
     * @param maximumPacketSize what the client takes
     * @return false if it does not fit; nothing is written then (MQTT-3.1.2-24)
     */
    boolean write(
            ByteBuf out,
            MqttVersion version,
            Delivery delivery,
            int packetId,
            boolean dup,
            long now,
            long maximumPacketSize) {
        ApplicationMessage message = delivery.message();
        TopicName topic = message.topic();
        boolean v5 = version.hasProperties();
        int alias = 0;
        byte[] topicBytes = topic.utf8();
        boolean introduces = false;
        if (v5 && aliases.inUse() && topicBytes.length >= WORTH_AN_ALIAS) {
            alias = aliases.known(topic);
            if (alias != 0) {
                topicBytes = NO_TOPIC;
            } else {
                alias = aliases.next();
                introduces = alias != 0;
            }
        } else if (delivery.isShared() && !message.expires()) {
            return copy(out, version, delivery, maximumPacketSize);
        }
        long expiry = v5 && message.expires() ? message.remainingSeconds(now) : PublishProperties.NEVER;
        int length = MqttEncoder.publishLength(
                version, topicBytes.length, alias, delivery.qos(), message, expiry, delivery.subscriptionIdentifiers());
        if (1 + MqttEncoder.variableSize(length) + length > maximumPacketSize) {
            return false;
        }
        MqttEncoder.publish(
                out,
                version,
                length,
                topicBytes,
                alias,
                delivery.qos(),
                delivery.retain(),
                dup,
                packetId,
                message,
                expiry,
                delivery.subscriptionIdentifiers());
        if (introduces) {
            aliases.introduced(topic, alias); // only now that it is written
        }
        return true;
    }

    private static boolean copy(ByteBuf out, MqttVersion version, Delivery delivery, long maximumPacketSize) {
        byte[] packet = delivery.encoded(version);
        if (packet == null) {
            packet = encode(out, version, delivery);
            delivery.encoded(version, packet);
        }
        if (packet.length > maximumPacketSize) {
            return false;
        }
        out.writeBytes(packet);
        return true;
    }

    private static byte[] encode(ByteBuf out, MqttVersion version, Delivery delivery) {
        ApplicationMessage message = delivery.message();
        byte[] topic = message.topic().utf8();
        int[] identifiers = delivery.subscriptionIdentifiers();
        int length = MqttEncoder.publishLength(
                version, topic.length, 0, QoS.AT_MOST_ONCE, message, PublishProperties.NEVER, identifiers);
        ByteBuf buffer = out.alloc().heapBuffer(5 + length);
        try {
            MqttEncoder.publish(
                    buffer,
                    version,
                    length,
                    topic,
                    0,
                    QoS.AT_MOST_ONCE,
                    delivery.retain(),
                    false,
                    0,
                    message,
                    PublishProperties.NEVER,
                    identifiers);
            byte[] packet = new byte[buffer.readableBytes()];
            buffer.readBytes(packet);
            return packet;
        } finally {
            buffer.release();
        }
    }
}
