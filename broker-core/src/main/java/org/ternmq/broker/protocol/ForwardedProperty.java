package org.ternmq.broker.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the properties that a message carries unchanged ({@link PublishProperties#forwarded}), taken apart so that it can be
 * written down in words.
 */
public sealed interface ForwardedProperty {
    /** Payload Format Indicator. */
    record PayloadFormat(int value) implements ForwardedProperty {}

    /** Content Type. */
    record ContentType(String value) implements ForwardedProperty {}

    /** Response Topic. */
    record ResponseTopic(String value) implements ForwardedProperty {}

    /** Correlation Data; not to be changed. */
    record CorrelationData(byte[] value) implements ForwardedProperty {}

    /** User Property. */
    record User(String name, String value) implements ForwardedProperty {}

    /**
     * Takes encoded properties apart.
     *
     * @throws IllegalArgumentException if they are not such properties
     */
    static List<ForwardedProperty> parse(byte[] encoded) {
        List<ForwardedProperty> properties = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(encoded);
        try {
            while (in.hasRemaining()) {
                int id = in.get();
                properties.add(
                        switch (id) {
                            case PropertyId.PAYLOAD_FORMAT_INDICATOR -> new PayloadFormat(in.get() & 0xFF);
                            case PropertyId.CONTENT_TYPE -> new ContentType(text(in));
                            case PropertyId.RESPONSE_TOPIC -> new ResponseTopic(text(in));
                            case PropertyId.CORRELATION_DATA -> new CorrelationData(binary(in));
                            case PropertyId.USER_PROPERTY -> new User(text(in), text(in));
                            default -> throw new IllegalArgumentException("no forwarded property has identifier " + id);
                        });
            }
        } catch (BufferUnderflowException | CharacterCodingException e) {
            throw new IllegalArgumentException("properties are cut or not UTF-8", e);
        }
        return properties;
    }

    private static byte[] binary(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer in) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(binary(in)))
                .toString();
    }

    /**
     * The reverse of {@link #parse}.
     *
     * @throws IllegalArgumentException if one is too long for MQTT
     */
    static byte[] encode(List<ForwardedProperty> properties) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (ForwardedProperty property : properties) {
            if (property instanceof PayloadFormat p) {
                out.write(PropertyId.PAYLOAD_FORMAT_INDICATOR);
                out.write(p.value());
            } else if (property instanceof ContentType p) {
                out.write(PropertyId.CONTENT_TYPE);
                write(out, p.value());
            } else if (property instanceof ResponseTopic p) {
                out.write(PropertyId.RESPONSE_TOPIC);
                write(out, p.value());
            } else if (property instanceof CorrelationData p) {
                out.write(PropertyId.CORRELATION_DATA);
                write(out, p.value());
            } else if (property instanceof User p) {
                out.write(PropertyId.USER_PROPERTY);
                write(out, p.name());
                write(out, p.value());
            }
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, String text) {
        write(out, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(ByteArrayOutputStream out, byte[] bytes) {
        if (bytes.length > 0xFFFF) {
            throw new IllegalArgumentException("a property of " + bytes.length + " bytes");
        }
        out.write(bytes.length >>> 8);
        out.write(bytes.length);
        out.write(bytes, 0, bytes.length);
    }
}
