package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Message;
import org.ternmq.spi.UserProperty;

/** Between a message as it travels and as plugins see it. */
public final class MessageProperties {
    private MessageProperties() {}

    /** A message for a plugin. */
    public static Message toSpi(ApplicationMessage message, long now) {
        Message.Builder out = Message.builder(message.topic().toString())
                .payload(ByteBuffer.wrap(message.payload()))
                .qos(message.qos())
                .retain(message.retain());
        if (message.expires()) {
            out.expiryInterval(message.remainingSeconds(now));
        }
        ByteBuf in = Unpooled.wrappedBuffer(message.properties());
        while (in.isReadable()) {
            int id = in.readByte();
            switch (id) {
                case PropertyId.PAYLOAD_FORMAT_INDICATOR -> out.utf8Payload(in.readByte() == 1);
                case PropertyId.CONTENT_TYPE -> out.contentType(string(in));
                case PropertyId.RESPONSE_TOPIC -> out.responseTopic(string(in));
                case PropertyId.CORRELATION_DATA -> {
                    byte[] data = new byte[in.readUnsignedShort()];
                    in.readBytes(data);
                    out.correlationData(ByteBuffer.wrap(data));
                }
                case PropertyId.USER_PROPERTY -> {
                    String name = string(in);
                    out.userProperty(name, string(in));
                }
                default -> throw new IllegalStateException("property " + id + " is not forwarded");
            }
        }
        return out.build();
    }

    private static String string(ByteBuf in) {
        int length = in.readUnsignedShort();
        String value = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        in.skipBytes(length);
        return value;
    }

    /**
     * A message from a plugin.
     *
     * @throws IllegalArgumentException if its topic is no topic name, or a text or the data is too long
     */
    public static ApplicationMessage fromSpi(Message message, long now, @Nullable String publisher) {
        TopicName topic = topic(message.topic());
        ByteBuf out = Unpooled.buffer(64);
        if (message.utf8Payload()) {
            out.writeByte(PropertyId.PAYLOAD_FORMAT_INDICATOR).writeByte(1);
        }
        message.contentType().ifPresent(value -> string(out.writeByte(PropertyId.CONTENT_TYPE), value));
        message.responseTopic()
                .ifPresent(value ->
                        string(out.writeByte(PropertyId.RESPONSE_TOPIC), topic(value).toString()));
        Optional<ByteBuffer> correlation = message.correlationData();
        if (correlation.isPresent()) {
            ByteBuffer data = correlation.get();
            checkLength(data.remaining());
            out.writeByte(PropertyId.CORRELATION_DATA).writeShort(data.remaining()).writeBytes(data);
        }
        for (UserProperty each : message.userProperties()) {
            out.writeByte(PropertyId.USER_PROPERTY);
            string(out, each.name());
            string(out, each.value());
        }
        byte[] properties = new byte[out.readableBytes()];
        out.readBytes(properties);
        ByteBuffer payload = message.payload();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        long interval = message.expiryInterval().orElse(PublishProperties.NEVER);
        return ApplicationMessage.arrived(
                topic,
                message.qos(),
                message.retain(),
                bytes,
                new PublishProperties(properties, interval),
                now,
                publisher);
    }

    private static TopicName topic(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length == 0 || utf8.length > 65_535 || text.indexOf('+') >= 0 || text.indexOf('#') >= 0) {
            throw new IllegalArgumentException("not a topic name: '" + text + "'");
        }
        try {
            Utf8.check(Unpooled.wrappedBuffer(utf8), 0, utf8.length, false);
        } catch (DisconnectException e) {
            throw new IllegalArgumentException("not a topic name: " + e.detail(), e);
        }
        return TopicName.ofValid(utf8);
    }

    private static void string(ByteBuf out, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        checkLength(utf8.length);
        out.writeShort(utf8.length).writeBytes(utf8);
    }

    private static void checkLength(int bytes) {
        if (bytes > 65_535) {
            throw new IllegalArgumentException("a property of " + bytes + " bytes, at most 65535 fit");
        }
    }
}
