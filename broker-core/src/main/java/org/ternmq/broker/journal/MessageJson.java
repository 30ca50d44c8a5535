package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.JsonFields.MisfitException;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.ForwardedProperty;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.QoS;

/** Messages and wills as JSON: what is absent has its usual value. */
final class MessageJson {
    private MessageJson() {}

    static void write(JsonGenerator out, ApplicationMessage message) throws IOException {
        out.writeStringField("topic", text(message.topic()));
        out.writeNumberField("qos", message.qos().value());
        flag(out, "retain", message.retain());
        if (message.expires()) {
            out.writeNumberField("expires-at", message.expiresAt());
        }
        optional(out, "publisher", message.publisher());
        properties(out, message.properties());
        out.writeBinaryField("payload", message.payload());
    }

    static ApplicationMessage read(JsonFields in) {
        return new ApplicationMessage(
                topic(in.text("topic")),
                qos(in),
                in.flag("retain"),
                in.bytes("payload"),
                properties(in),
                in.numberOr("expires-at", ApplicationMessage.NEVER),
                in.optionalText("publisher"));
    }

    static void write(JsonGenerator out, WillRecord record) throws IOException {
        WillMessage will = record.will();
        if (record.dueAt() != WillRecord.CONNECTED) {
            out.writeNumberField("due-at", record.dueAt());
        }
        out.writeStringField("topic", text(will.topic()));
        out.writeNumberField("qos", will.qos().value());
        flag(out, "retain", will.retain());
        out.writeNumberField("delay-interval", will.delayInterval());
        if (will.properties().messageExpiryInterval() != PublishProperties.NEVER) {
            out.writeNumberField("message-expiry-interval", will.properties().messageExpiryInterval());
        }
        properties(out, will.properties().forwarded());
        out.writeBinaryField("payload", will.payload());
        out.writeFieldName("client");
        write(out, record.client());
    }

    private static void write(JsonGenerator out, ClientRecord client) throws IOException {
        out.writeStartObject();
        out.writeStringField("listener", client.listener());
        out.writeNumberField("protocol-version", client.protocolVersion());
        out.writeBinaryField("address", client.address());
        out.writeNumberField("port", client.port());
        out.writeArrayFieldStart("attributes");
        for (Map.Entry<String, String> attribute : new TreeMap<>(client.attributes()).entrySet()) {
            out.writeStartObject();
            out.writeStringField("name", attribute.getKey());
            out.writeStringField("value", attribute.getValue());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    static WillRecord readWill(JsonFields in) {
        WillMessage will = new WillMessage(
                topic(in.text("topic")),
                qos(in),
                in.flag("retain"),
                in.bytes("payload"),
                new PublishProperties(properties(in), in.numberOr("message-expiry-interval", PublishProperties.NEVER)),
                in.number("delay-interval"));
        JsonFields client = in.object("client");
        ClientRecord leftBy = readClient(client);
        client.end();
        return new WillRecord(will, in.numberOr("due-at", WillRecord.CONNECTED), leftBy);
    }

    private static ClientRecord readClient(JsonFields in) {
        Map<String, String> attributes = new HashMap<>();
        for (JsonFields each : in.objects("attributes")) {
            attributes.put(each.text("name"), each.text("value"));
            each.end();
        }
        return new ClientRecord(
                attributes, in.bytes("address"), (int) in.number("port", 0, 65_535), in.text("listener"), (int)
                        in.number("protocol-version", 0, 255));
    }

    /** The text of a topic, of which its bytes can be made again. */
    static String text(TopicName topic) {
        String text = topic.toString();
        if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), topic.utf8())) {
            throw new CorruptRecordException("a topic that is not UTF-8");
        }
        return text;
    }

    static TopicName topic(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new MisfitException("'topic' is no topic");
        }
        return TopicName.ofValid(text);
    }

    static QoS qos(JsonFields in) {
        return QoS.of((int) in.number("qos", 0, 2));
    }

    static void flag(JsonGenerator out, String name, boolean value) throws IOException {
        if (value) {
            out.writeBooleanField(name, true);
        }
    }

    static void optional(JsonGenerator out, String name, @Nullable String value) throws IOException {
        if (value != null) {
            out.writeStringField(name, value);
        }
    }

    private static void properties(JsonGenerator out, byte[] encoded) throws IOException {
        if (encoded.length == 0) {
            return;
        }
        List<ForwardedProperty> properties;
        try {
            properties = ForwardedProperty.parse(encoded);
        } catch (IllegalArgumentException e) {
            throw new CorruptRecordException(String.valueOf(e.getMessage()));
        }
        out.writeArrayFieldStart("properties");
        for (ForwardedProperty property : properties) {
            out.writeStartObject();
            if (property instanceof ForwardedProperty.PayloadFormat p) {
                out.writeNumberField("payload-format-indicator", p.value());
            } else if (property instanceof ForwardedProperty.ContentType p) {
                out.writeStringField("content-type", p.value());
            } else if (property instanceof ForwardedProperty.ResponseTopic p) {
                out.writeStringField("response-topic", p.value());
            } else if (property instanceof ForwardedProperty.CorrelationData p) {
                out.writeBinaryField("correlation-data", p.value());
            } else if (property instanceof ForwardedProperty.User p) {
                out.writeStringField("user-property", p.name());
                out.writeStringField("value", p.value());
            }
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static byte[] properties(JsonFields in) {
        List<ForwardedProperty> properties = new ArrayList<>();
        for (JsonFields each : in.objects("properties")) {
            properties.add(property(each));
            each.end();
        }
        try {
            return ForwardedProperty.encode(properties);
        } catch (IllegalArgumentException e) {
            throw new MisfitException(String.valueOf(e.getMessage()));
        }
    }

    private static ForwardedProperty property(JsonFields in) {
        if (in.has("payload-format-indicator")) {
            return new ForwardedProperty.PayloadFormat((int) in.number("payload-format-indicator", 0, 255));
        } else if (in.has("content-type")) {
            return new ForwardedProperty.ContentType(in.text("content-type"));
        } else if (in.has("response-topic")) {
            return new ForwardedProperty.ResponseTopic(in.text("response-topic"));
        } else if (in.has("correlation-data")) {
            return new ForwardedProperty.CorrelationData(in.bytes("correlation-data"));
        }
        return new ForwardedProperty.User(in.text("user-property"), in.text("value"));
    }
}
