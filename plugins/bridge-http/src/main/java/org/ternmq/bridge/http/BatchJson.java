package org.ternmq.bridge.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import org.ternmq.spi.Message;
import org.ternmq.spi.UserProperty;

/** Messages as they are posted; docs/bridges.md has the format. Safe for use by all threads. */
final class BatchJson {
    private static final int FORMAT = 1;

    private final JsonFactory json = new JsonFactory();
    private final String broker;
    private final String bridge;

    BatchJson(String broker, String bridge) {
        this.broker = broker;
        this.bridge = bridge;
    }

    /** The body of a request. */
    byte[] encode(List<Pending> batch, long now) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = json.createGenerator(bytes)) {
            out.writeStartObject();
            out.writeNumberField("format", FORMAT);
            out.writeStringField("broker", broker);
            out.writeStringField("bridge", bridge);
            out.writeArrayFieldStart("messages");
            for (Pending each : batch) {
                write(out, each, now);
            }
            out.writeEndArray();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator out, Pending pending, long now) throws IOException {
        Message message = pending.delivery().message();
        out.writeStartObject();
        out.writeStringField("topic", message.topic());
        out.writeNumberField("qos", message.qos().value());
        out.writeBooleanField("retain", message.retain());
        out.writeBooleanField("repeated", pending.delivery().isRepeated());
        writePayload(out, message.payload());
        OptionalLong expiry = pending.expiry(now);
        if (expiry.isPresent()) {
            out.writeNumberField("expiry", expiry.getAsLong());
        }
        if (message.contentType().isPresent()) {
            out.writeStringField("contentType", message.contentType().get());
        }
        if (message.responseTopic().isPresent()) {
            out.writeStringField("responseTopic", message.responseTopic().get());
        }
        if (message.correlationData().isPresent()) {
            out.writeStringField(
                    "correlationData", base64(message.correlationData().get()));
        }
        if (!message.userProperties().isEmpty()) { // a list: names may come twice, and their order counts
            out.writeArrayFieldStart("userProperties");
            for (UserProperty each : message.userProperties()) {
                out.writeStartArray();
                out.writeString(each.name());
                out.writeString(each.value());
                out.writeEndArray();
            }
            out.writeEndArray();
        }
        out.writeEndObject();
    }

    private static void writePayload(JsonGenerator out, ByteBuffer payload) throws IOException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(payload.duplicate())
                    .toString();
        } catch (CharacterCodingException e) { // no text of JSON can hold it
            out.writeStringField("encoding", "base64");
            out.writeStringField("payload", base64(payload));
            return;
        }
        out.writeStringField("encoding", "text");
        out.writeStringField("payload", text);
    }

    private static String base64(ByteBuffer from) {
        byte[] bytes = new byte[from.remaining()];
        from.duplicate().get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
