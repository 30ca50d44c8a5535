package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Message;
import org.ternmq.spi.UserProperty;

/** Between a message as the broker carries it and as a plugin sees it. */
public final class MessageProperties {
    private MessageProperties() {}

    /** The message for a plugin, with the seconds that it has left to live now. */
    public static Message toSpi(ApplicationMessage message, long now) {
        Message.Builder b = Message.builder(message.topic().toString())
                .payload(ByteBuffer.wrap(message.payload()))
                .qos(message.qos())
                .retain(message.retain());
        if (message.expires()) {
            b.expiryInterval(Math.min(message.remainingSeconds(now), 0xFFFF_FFFFL));
        }
        byte[] forwarded = message.properties();
        ByteBuf in = Unpooled.wrappedBuffer(forwarded);
        for (int at = 0; at < forwarded.length; at = PropertyReader.behind(in, at)) {
            int value = at + 1;
            switch (forwarded[at]) {
                case PropertyId.PAYLOAD_FORMAT_INDICATOR -> b.utf8Payload(forwarded[value] == 1);
                case PropertyId.CONTENT_TYPE -> b.contentType(PropertyReader.stringAt(in, value));
                case PropertyId.RESPONSE_TOPIC -> b.responseTopic(PropertyReader.stringAt(in, value));
                case PropertyId.CORRELATION_DATA ->
                    b.correlationData(ByteBuffer.wrap(PropertyReader.binaryAt(in, value)));
                default -> {
                    UserProperty property = PropertyReader.userPropertyAt(in, at);
                    b.userProperty(property.name(), property.value());
                }
            }
        }
        return b.build();
    }

    /**
     * The message of a plugin.
     *
     * @param allowControlCharacters as for {@link TopicNames}
     * @param now when its expiry interval starts
     * @param publisher the client identifier under which it is published, null for the broker itself
     * @throws IllegalArgumentException if MQTT cannot carry it, in words
     */
    public static ApplicationMessage fromSpi(
            Message message, boolean allowControlCharacters, long now, @Nullable String publisher) {
        TopicName topic = TopicNames.checked(message.topic(), allowControlCharacters);
        ByteBuffer payload = message.payload();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        return ApplicationMessage.arrived(
                topic,
                message.qos(),
                message.retain(),
                bytes,
                properties(message, allowControlCharacters),
                now,
                publisher);
    }

    /**
     * The properties of a plugin's message. Without the mark for UTF-8 it has no Payload Format Indicator.
     *
     * @throws IllegalArgumentException if MQTT cannot carry them, in words
     */
    public static PublishProperties properties(Message message, boolean allowControlCharacters) {
        ByteBuf out = Unpooled.buffer();
        if (message.utf8Payload()) {
            PropertyWriter.flag(out, PropertyId.PAYLOAD_FORMAT_INDICATOR, true);
        }
        message.contentType()
                .ifPresent(text -> string(out, PropertyId.CONTENT_TYPE, "content type", text, allowControlCharacters));
        message.responseTopic().ifPresent(text -> {
            byte[] utf8 = TopicNames.checked(text, allowControlCharacters).utf8(); // MQTT-3.3.2-14
            PropertyWriter.binary(out, PropertyId.RESPONSE_TOPIC, utf8);
        });
        message.correlationData().ifPresent(data -> {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            PropertyWriter.binary(out, PropertyId.CORRELATION_DATA, bytes);
        });
        for (UserProperty property : message.userProperties()) { // MQTT-3.3.2-18
            string(out, PropertyId.USER_PROPERTY, "user property", property.name(), allowControlCharacters);
            Wire.writeBinary(out, Wire.checkedUtf8("user property", property.value(), allowControlCharacters));
        }
        byte[] forwarded = new byte[out.readableBytes()];
        out.readBytes(forwarded);
        long expiry = message.expiryInterval().orElse(PublishProperties.NEVER);
        return forwarded.length == 0 && expiry == PublishProperties.NEVER
                ? PublishProperties.NONE
                : new PublishProperties(forwarded, expiry);
    }

    /** Whether the payload is what its Payload Format Indicator says; without one it may be anything (3.3.2.3.2). */
    public static boolean payloadFitsFormat(PublishProperties properties, byte[] payload) {
        byte[] forwarded = properties.forwarded();
        ByteBuf in = Unpooled.wrappedBuffer(forwarded);
        for (int at = 0; at < forwarded.length; at = PropertyReader.behind(in, at)) {
            if (forwarded[at] == PropertyId.PAYLOAD_FORMAT_INDICATOR) {
                return forwarded[at + 1] == 0 || Utf8.isWellFormed(payload);
            }
        }
        return true;
    }

    private static void string(ByteBuf out, int id, String what, String text, boolean allowControlCharacters) {
        PropertyWriter.binary(out, id, Wire.checkedUtf8(what, text, allowControlCharacters));
    }
}
