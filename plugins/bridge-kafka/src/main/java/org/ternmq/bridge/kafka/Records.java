package org.ternmq.bridge.kafka;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.ternmq.spi.Message;
import org.ternmq.spi.UserProperty;

/** Between a message as the broker has it and a record of Kafka. Immutable. */
final class Records {
    /** Begins the names of headers that say what MQTT said of a message. */
    private static final String MQTT = "mqtt.";

    private static final String TOPIC = MQTT + "topic";
    private static final String QOS = MQTT + "qos";
    private static final String RETAIN = MQTT + "retain";
    private static final String UTF8 = MQTT + "utf8";
    private static final String CONTENT_TYPE = MQTT + "content-type";
    private static final String RESPONSE_TOPIC = MQTT + "response-topic";
    private static final String CORRELATION_DATA = MQTT + "correlation-data";
    private static final String EXPIRY = MQTT + "expiry";
    /** Which broker wrote a record, and where: a record that a stream processor copied elsewhere is another one. */
    private static final String ORIGIN = "ternmq-origin";

    /** The user property that names a broker which a message has come into by a bridge of it. */
    private static final String IN = "ternmq-in";

    private final TopicRules rules;
    private final String broker;

    /** That a message or a record cannot be carried, ever. */
    static final class Poison extends Exception {
        private static final long serialVersionUID = 1L;

        Poison(String why) {
            super(why, null, false, false);
        }
    }

    Records(TopicRules rules, String broker) {
        this.rules = rules;
        this.broker = broker;
    }

    // ---- out

    /**
     * The record of a message.
     *
     * @param expiry seconds that it has left to live
     * @return empty if no rule carries it any more
     * @throws Poison if there is none
     */
    Optional<ProducerRecord<byte[], byte[]>> record(Message message, OptionalLong expiry) throws Poison {
        Optional<TopicRules.Out> rule = rules.outRule(message.topic());
        if (rule.isEmpty()) {
            return Optional.empty();
        }
        String topic;
        Optional<String> key = Optional.empty();
        try {
            topic = rule.get().topic().fill(name -> variable(name, message).map(value -> value.replace('/', '.')));
            if (rule.get().key().isPresent()) {
                key = Optional.of(rule.get().key().get().fill(name -> variable(name, message)));
            }
        } catch (Template.Missing e) {
            throw new Poison(e.getMessage() + " for its topic or key in Kafka");
        }
        Optional<String> problem = TopicRules.nameProblem(topic);
        if (problem.isPresent()) {
            throw new Poison("'" + topic + "' " + problem.get());
        }
        byte[] keyBytes = key.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, null, null, keyBytes, bytes(message.payload()));
        addHeaders(record.headers(), message, expiry);
        record.headers().add(ORIGIN, utf8(broker + "/" + topic));
        return Optional.of(record);
    }

    private static Optional<String> variable(String name, Message message) {
        if (name.equals("topic")) {
            return Optional.of(message.topic());
        }
        int colon = name.indexOf(':');
        if (colon > 0) {
            String property = name.substring(colon + 1);
            return message.userProperties().stream()
                    .filter(each -> each.name().equals(property))
                    .map(UserProperty::value)
                    .findFirst();
        }
        String[] levels = message.topic().split("/", -1);
        int level = Integer.parseInt(name);
        return level <= levels.length ? Optional.of(levels[level - 1]) : Optional.empty();
    }

    private static void addHeaders(Headers headers, Message message, OptionalLong expiry) {
        for (UserProperty each : message.userProperties()) {
            if (!isOurs(each.name())) { // or a client could say what only the broker says
                headers.add(each.name(), utf8(each.value()));
            }
        }
        headers.add(TOPIC, utf8(message.topic()));
        headers.add(QOS, utf8(Integer.toString(message.qos().value())));
        headers.add(RETAIN, utf8(Boolean.toString(message.retain())));
        if (message.utf8Payload()) {
            headers.add(UTF8, utf8("true"));
        }
        message.contentType().ifPresent(text -> headers.add(CONTENT_TYPE, utf8(text)));
        message.responseTopic().ifPresent(text -> headers.add(RESPONSE_TOPIC, utf8(text)));
        message.correlationData().ifPresent(data -> headers.add(CORRELATION_DATA, bytes(data)));
        expiry.ifPresent(seconds -> headers.add(EXPIRY, utf8(Long.toString(seconds))));
    }

    private static boolean isOurs(String header) {
        return header.startsWith(MQTT) || header.equals(ORIGIN);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    // ---- in

    /** Whether this broker wrote the record to the topic from which it came. */
    boolean isOwn(ConsumerRecord<byte[], byte[]> record) {
        return text(record.headers(), ORIGIN)
                .filter((broker + "/" + record.topic())::equals)
                .isPresent();
    }

    /**
     * The message of a record. What has no value, a tombstone, is an empty payload.
     *
     * @return empty if no rule takes it in
     * @throws Poison if there is none
     */
    Optional<Message> message(ConsumerRecord<byte[], byte[]> record) throws Poison {
        Optional<TopicRules.In> rule = rules.inRule(record.topic());
        if (rule.isEmpty()) {
            return Optional.empty();
        }
        String topic;
        try {
            topic = rule.get().topic().fill(name -> variable(name, record));
        } catch (Template.Missing e) {
            throw new Poison(e.getMessage() + " for its topic here");
        }
        Optional<String> problem = TopicRules.topicProblem(topic);
        if (problem.isPresent()) {
            throw new Poison("its topic here, '" + topic + "', " + problem.get());
        }
        Message.Builder message = Message.builder(topic)
                .qos(rule.get().qos())
                .retain(rule.get().retain())
                .userProperty(IN, broker);
        if (record.value() != null) {
            message.payload(ByteBuffer.wrap(record.value()));
        }
        for (Header each : record.headers()) {
            if (!isOurs(each.key())) {
                decode(each.value())
                        .filter(text -> isPlain(text) && isPlain(each.key()))
                        .ifPresent(text -> message.userProperty(each.key(), text));
            }
        }
        Headers headers = record.headers();
        text(headers, UTF8).ifPresent(text -> message.utf8Payload(text.equals("true")));
        text(headers, CONTENT_TYPE).filter(Records::isPlain).ifPresent(message::contentType);
        text(headers, RESPONSE_TOPIC)
                .filter(text -> isPlain(text) && isTopic(text))
                .ifPresent(message::responseTopic);
        Header correlation = headers.lastHeader(CORRELATION_DATA);
        if (correlation != null && correlation.value() != null) {
            message.correlationData(ByteBuffer.wrap(correlation.value()));
        }
        text(headers, EXPIRY)
                .filter(text -> text.matches("\\d{1,9}"))
                .ifPresent(text -> message.expiryInterval(Long.parseLong(text)));
        return Optional.of(message.build());
    }

    private static boolean isTopic(String topic) {
        return TopicRules.topicProblem(topic).isEmpty();
    }

    private static Optional<String> variable(String name, ConsumerRecord<byte[], byte[]> record) {
        return switch (name) {
            case "topic" -> Optional.of(record.topic());
            case "partition" -> Optional.of(Integer.toString(record.partition()));
            case "key" -> record.key() == null ? Optional.empty() : decode(record.key());
            default -> text(record.headers(), name.substring(name.indexOf(':') + 1));
        };
    }

    private static Optional<String> text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? Optional.empty() : decode(header.value());
    }

    private static Optional<String> decode(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Whether MQTT takes a text: a header of other bytes, such as a number, is none. */
    private static boolean isPlain(String text) {
        return text.chars().noneMatch(Character::isISOControl) && text.length() <= 16_000;
    }
}
