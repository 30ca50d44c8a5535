package org.ternmq.admin.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;
import org.ternmq.spi.control.BrokerControl;
import org.ternmq.spi.control.ListenerCounts;

/** Between values and JSON. What is empty is left out; times are ISO 8601. */
final class Json {
    static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
            .build();

    private Json() {}

    /**
     * A message to publish.
     *
     * @param payload as text
     * @param payloadBase64 instead of the text
     */
    record PublishRequest(
            Optional<String> topic,
            Optional<String> payload,
            Optional<String> payloadBase64,
            Optional<Integer> qos,
            Optional<Boolean> retain,
            Optional<Long> expiryInterval,
            Optional<String> contentType,
            Optional<String> responseTopic,
            Optional<String> correlationDataBase64,
            Optional<List<UserProperty>> userProperties) {
        /** The message; IllegalArgumentException if it cannot be one. */
        Message message() {
            if (payload.isPresent() && payloadBase64.isPresent()) {
                throw new IllegalArgumentException("give payload or payloadBase64, not both");
            }
            Message.Builder b = Message.builder(topic.orElseThrow(() -> new IllegalArgumentException("topic: missing")))
                    .qos(QoS.of(qos.orElse(0)))
                    .retain(retain.orElse(false));
            payload.ifPresent(b::payload);
            payloadBase64.ifPresent(text -> b.payload(decode("payloadBase64", text)));
            expiryInterval.ifPresent(b::expiryInterval);
            contentType.ifPresent(b::contentType);
            responseTopic.ifPresent(b::responseTopic);
            correlationDataBase64.ifPresent(text -> b.correlationData(decode("correlationDataBase64", text)));
            userProperties.orElse(List.of()).forEach(p -> b.userProperty(p.name(), p.value()));
            return b.build();
        }

        private static ByteBuffer decode(String field, String text) {
            try {
                return ByteBuffer.wrap(Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(field + ": not Base64", e);
            }
        }
    }

    /**
     * A copy of the store to be made.
     *
     * @param folder where, on the broker's machine
     */
    record BackupRequest(Optional<String> folder) {}

    /** The listeners, each with its counts. */
    static List<Map<String, Object>> listeners(BrokerControl broker) {
        Map<String, ListenerCounts> counts = new HashMap<>();
        broker.listenerCounts().forEach(each -> counts.put(each.name(), each));
        return broker.listeners().stream()
                .map(view -> {
                    Map<String, Object> fields =
                            MAPPER.convertValue(view, new TypeReference<LinkedHashMap<String, Object>>() {});
                    ListenerCounts own = counts.get(view.name());
                    if (own != null) {
                        fields.put("counts", own);
                    }
                    return fields;
                })
                .toList();
    }

    /** A message with its payload, as text too where it is UTF-8. */
    static Map<String, Object> message(Message message) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("topic", message.topic());
        fields.put("qos", message.qos().value());
        fields.put("retain", message.retain());
        fields.put("payloadBase64", base64(message.payload()));
        text(message.payload()).ifPresent(text -> fields.put("payload", text));
        message.expiryInterval().ifPresent(seconds -> fields.put("expiryInterval", seconds));
        message.contentType().ifPresent(type -> fields.put("contentType", type));
        message.responseTopic().ifPresent(topic -> fields.put("responseTopic", topic));
        message.correlationData().ifPresent(data -> fields.put("correlationDataBase64", base64(data)));
        if (!message.userProperties().isEmpty()) {
            fields.put("userProperties", message.userProperties());
        }
        return fields;
    }

    private static String base64(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Optional<String> text(ByteBuffer data) {
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(data.duplicate()).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
