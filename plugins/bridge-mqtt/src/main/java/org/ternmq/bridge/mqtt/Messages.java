package org.ternmq.bridge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.nio.ByteBuffer;
import java.util.List;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/** Between a message as the broker has it and a PUBLISH packet. */
final class Messages {
    /** The user property that names a broker which a message has left by a bridge of it, once for each. */
    static final String VIA = "ternmq-via";

    /** The user property that names a broker which a message has come into by a bridge of it, once for each. */
    static final String IN = "ternmq-in";

    private static final int FIXED_HEADER = 5;

    private Messages() {}

    /**
     * How to send a message.
     *
     * @param topic there
     * @param packetId 0 for QoS 0
     * @param expiry seconds left to live, negative if it never expires
     * @param via this broker
     */
    record Sending(String topic, QoS qos, boolean retain, boolean dup, int packetId, long expiry, String via) {}

    static MqttPublishMessage encode(Message message, Sending as, boolean withProperties) {
        MqttProperties properties =
                withProperties ? properties(message, as.expiry, as.via) : MqttProperties.NO_PROPERTIES;
        return new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, as.dup, MqttQoS.valueOf(as.qos.value()), as.retain, 0),
                new MqttPublishVariableHeader(as.topic, as.packetId, properties),
                Unpooled.wrappedBuffer(message.payload()));
    }

    private static MqttProperties properties(Message message, long expiry, String via) {
        MqttProperties all = new MqttProperties();
        if (message.utf8Payload()) {
            all.add(new IntegerProperty(MqttProperties.PAYLOAD_FORMAT_INDICATOR, 1));
        }
        if (expiry >= 0) {
            all.add(new IntegerProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL, (int) expiry));
        }
        message.contentType().ifPresent(text -> all.add(new StringProperty(MqttProperties.CONTENT_TYPE, text)));
        message.responseTopic().ifPresent(text -> all.add(new StringProperty(MqttProperties.RESPONSE_TOPIC, text)));
        message.correlationData()
                .ifPresent(data -> all.add(new BinaryProperty(MqttProperties.CORRELATION_DATA, bytes(data))));
        UserProperties user = new UserProperties();
        message.userProperties().forEach(each -> user.add(each.name(), each.value()));
        user.add(VIA, via);
        all.add(user);
        return all;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Whether a message has left a broker by a bridge before. */
    static boolean hasLeft(Message message, String broker) {
        return message.userProperties().contains(new UserProperty(VIA, broker));
    }

    /** Whether a message has passed a broker, in whatever way a bridge of it carried it. */
    static boolean hasPassed(Message message, String broker) {
        return hasLeft(message, broker) || message.userProperties().contains(new UserProperty(IN, broker));
    }

    /** The bytes of the packet, at most. */
    static long size(Message message, Sending as, boolean withProperties) {
        long size = (long) FIXED_HEADER + text(as.topic) + 2 + message.payload().remaining();
        if (withProperties) {
            size += 4 + 2 + 5; // their length, the format indicator, the expiry
            size += message.contentType().map(Messages::property).orElse(0);
            size += message.responseTopic().map(Messages::property).orElse(0);
            size += message.correlationData().map(data -> 3 + data.remaining()).orElse(0);
            for (UserProperty each : message.userProperties()) {
                size += property(each.name()) + text(each.value());
            }
            size += property(VIA) + text(as.via);
        }
        return size;
    }

    private static int property(String text) {
        return 1 + text(text);
    }

    private static int text(String text) {
        return 2 + ByteBufUtil.utf8Bytes(text);
    }

    /** The message of a PUBLISH, under the topic it has here. */
    static Message decode(MqttPublishMessage packet, String topic) {
        ByteBuf payload = packet.payload();
        Message.Builder message = Message.builder(topic)
                .payload(payload.nioBuffer())
                .qos(QoS.of(packet.fixedHeader().qosLevel().value()))
                .retain(packet.fixedHeader().isRetain());
        MqttProperties properties = packet.variableHeader().properties();
        for (MqttProperty<?> each : properties.listAll()) {
            switch (each.propertyId()) {
                case MqttProperties.PAYLOAD_FORMAT_INDICATOR ->
                    message.utf8Payload(((IntegerProperty) each).value() == 1);
                case MqttProperties.PUBLICATION_EXPIRY_INTERVAL ->
                    message.expiryInterval(((IntegerProperty) each).value() & 0xFFFF_FFFFL);
                case MqttProperties.CONTENT_TYPE -> message.contentType(((StringProperty) each).value());
                case MqttProperties.RESPONSE_TOPIC -> message.responseTopic(((StringProperty) each).value());
                case MqttProperties.CORRELATION_DATA ->
                    message.correlationData(ByteBuffer.wrap(((BinaryProperty) each).value()));
                default -> {
                    // Subscription identifiers and aliases are of the connection, not of the message.
                }
            }
        }
        for (MqttProperty<?> each : properties.getProperties(MqttProperties.USER_PROPERTY)) {
            List<StringPair> pairs = each instanceof UserProperties all
                    ? all.value()
                    : List.of(((MqttProperties.UserProperty) each).value());
            pairs.forEach(pair -> message.userProperty(pair.key, pair.value));
        }
        return message.build();
    }
}
