package org.ternmq.broker.connection;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MqttEncoder;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.TopicName;

/**
 * Writes deliveries as PUBLISH packets for one client. A QoS 0 packet that is the same for every subscriber of a version is
 * encoded once and copied from then on.
 *
 * <p>Owner: the connection's loop.
 */
final class PublishEncoder {
    /** An alias costs three bytes: shorter topics gain nothing. */
    private static final int WORTH_AN_ALIAS = 4;

    private final MqttEncoder encoder;
    /** For any client of this version, so without this one's limit. */
    private final MqttEncoder unlimited;

    private final TopicAliases aliases;

    PublishEncoder(MqttEncoder encoder, TopicAliases aliases) {
        this.encoder = encoder;
        this.unlimited = MqttEncoder.forVersion(encoder.version());
        this.aliases = aliases;
    }

    /**
     * Writes one.
     *
     * @return false if it does not fit the client's Maximum Packet Size; nothing is written then (MQTT-3.1.2-24)
     */
    boolean write(ByteBuf out, Delivery delivery, int packetId, boolean dup, long now) {
        ApplicationMessage message = delivery.message();
        TopicName topic = message.topic();
        if (aliases.inUse() && topic.utf8().length >= WORTH_AN_ALIAS) {
            int known = aliases.known(topic);
            if (known != 0) {
                return write(out, delivery, null, known, packetId, dup, now);
            }
            int next = aliases.next();
            if (next != 0) {
                boolean written = write(out, delivery, topic, next, packetId, dup, now);
                if (written) {
                    aliases.introduced(topic, next); // only now does the client know it
                }
                return written;
            }
        }
        if (delivery.isShared() && !message.expires()) {
            return copy(out, delivery);
        }
        return write(out, delivery, topic, Publish.NO_ALIAS, packetId, dup, now);
    }

    private boolean write(
            ByteBuf out, Delivery delivery, @Nullable TopicName topic, int alias, int packetId, boolean dup, long now) {
        ApplicationMessage message = delivery.message();
        long expiry = message.expires() ? message.remainingSeconds(now) : PublishProperties.NEVER; // MQTT-3.3.2-6
        return encoder.publish(
                out,
                topic,
                message,
                packetId,
                delivery.qos(),
                dup,
                delivery.retain(),
                alias,
                expiry,
                delivery.subscriptionIdentifiers());
    }

    private boolean copy(ByteBuf out, Delivery delivery) {
        byte[] packet = delivery.encoded(encoder.version());
        if (packet == null) {
            packet = encode(out, delivery);
            delivery.encoded(encoder.version(), packet);
        }
        if (!encoder.fits(packet.length)) {
            return false;
        }
        out.writeBytes(packet);
        return true;
    }

    private byte[] encode(ByteBuf out, Delivery delivery) {
        ByteBuf buffer = out.alloc().heapBuffer(delivery.message().footprint());
        try {
            unlimited.publish(
                    buffer,
                    delivery.message().topic(),
                    delivery.message(),
                    0,
                    delivery.qos(),
                    false,
                    delivery.retain(),
                    Publish.NO_ALIAS,
                    PublishProperties.NEVER,
                    delivery.subscriptionIdentifiers());
            byte[] packet = new byte[buffer.readableBytes()];
            buffer.readBytes(packet);
            return packet;
        } finally {
            buffer.release();
        }
    }
}
