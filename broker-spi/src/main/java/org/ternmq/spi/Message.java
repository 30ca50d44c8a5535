package org.ternmq.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** An Application Message: topic, payload and the MQTT 5.0 properties that travel with it. Immutable. */
public final class Message {
    private final String topic;
    private final ByteBuffer payload;
    private final QoS qos;
    private final boolean retain;
    private final boolean utf8Payload;
    private final OptionalLong expiryInterval;
    private final Optional<String> contentType;
    private final Optional<String> responseTopic;
    private final Optional<ByteBuffer> correlationData;
    private final List<UserProperty> userProperties;

    private Message(Builder b) {
        topic = b.topic;
        payload = b.payload;
        qos = b.qos;
        retain = b.retain;
        utf8Payload = b.utf8Payload;
        expiryInterval = b.expiryInterval;
        contentType = b.contentType;
        responseTopic = b.responseTopic;
        correlationData = b.correlationData;
        userProperties = List.copyOf(b.userProperties);
    }

    /**
     * Starts a message with an empty payload, QoS 0, not retained, without properties.
     *
     * @param topic the topic name; checked when the message is published
     * @return a builder of the caller's own
     */
    public static Builder builder(String topic) {
        return new Builder(topic);
    }

    /**
     * A builder that starts with all that this message has.
     *
     * @return a builder of the caller's own
     */
    public Builder toBuilder() {
        Builder b = new Builder(topic).qos(qos).retain(retain).utf8Payload(utf8Payload);
        b.payload = payload;
        b.expiryInterval = expiryInterval;
        b.contentType = contentType;
        b.responseTopic = responseTopic;
        b.correlationData = correlationData;
        b.userProperties.addAll(userProperties);
        return b;
    }

    /**
     * The topic name.
     *
     * @return at least one character, no wildcards
     */
    public String topic() {
        return topic;
    }

    /**
     * The payload.
     *
     * @return a read-only buffer of the caller's own
     */
    public ByteBuffer payload() {
        return payload.duplicate();
    }

    /**
     * The QoS it was published with.
     *
     * @return the QoS
     */
    public QoS qos() {
        return qos;
    }

    /**
     * The RETAIN flag.
     *
     * @return whether the message replaces the retained one of its topic
     */
    public boolean retain() {
        return retain;
    }

    /**
     * Payload Format Indicator (0x01).
     *
     * @return whether the publisher said that the payload is UTF-8 text
     */
    public boolean utf8Payload() {
        return utf8Payload;
    }

    /**
     * Message Expiry Interval (0x02).
     *
     * @return seconds left to live, 0 to 4294967295, empty if it never expires
     */
    public OptionalLong expiryInterval() {
        return expiryInterval;
    }

    /**
     * Content Type (0x03).
     *
     * @return empty if not given
     */
    public Optional<String> contentType() {
        return contentType;
    }

    /**
     * Response Topic (0x08).
     *
     * @return empty if not given
     */
    public Optional<String> responseTopic() {
        return responseTopic;
    }

    /**
     * Correlation Data (0x09).
     *
     * @return a read-only buffer of the caller's own, empty if not given
     */
    public Optional<ByteBuffer> correlationData() {
        return correlationData.map(ByteBuffer::duplicate);
    }

    /**
     * User Properties (0x26), in order.
     *
     * @return possibly empty, immutable
     */
    public List<UserProperty> userProperties() {
        return userProperties;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Message m
                && topic.equals(m.topic)
                && payload.equals(m.payload)
                && qos == m.qos
                && retain == m.retain
                && utf8Payload == m.utf8Payload
                && expiryInterval.equals(m.expiryInterval)
                && contentType.equals(m.contentType)
                && responseTopic.equals(m.responseTopic)
                && correlationData.equals(m.correlationData)
                && userProperties.equals(m.userProperties);
    }

    @Override
    public int hashCode() {
        return Objects.hash(topic, payload, qos, retain);
    }

    @Override
    public String toString() {
        return "Message[" + topic + ", " + qos + (retain ? ", retain" : "") + ", " + payload.remaining() + " bytes]";
    }

    /** Collects a message. Not safe for use by several threads. */
    public static final class Builder {
        private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

        private String topic;
        private ByteBuffer payload = NOTHING;
        private QoS qos = QoS.AT_MOST_ONCE;
        private boolean retain;
        private boolean utf8Payload;
        private OptionalLong expiryInterval = OptionalLong.empty();
        private Optional<String> contentType = Optional.empty();
        private Optional<String> responseTopic = Optional.empty();
        private Optional<ByteBuffer> correlationData = Optional.empty();
        private final List<UserProperty> userProperties = new ArrayList<>();

        private Builder(String topic) {
            this.topic = Objects.requireNonNull(topic);
        }

        /**
         * Another topic.
         *
         * @param value the topic name
         * @return this
         */
        public Builder topic(String value) {
            topic = Objects.requireNonNull(value);
            return this;
        }

        /**
         * The payload.
         *
         * @param value copied from its position to its limit
         * @return this
         */
        public Builder payload(ByteBuffer value) {
            payload = copy(value);
            return this;
        }

        /**
         * A payload of text, marked as such.
         *
         * @param value encoded as UTF-8
         * @return this
         */
        public Builder payload(String value) {
            payload = ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();
            return utf8Payload(true);
        }

        /**
         * The QoS.
         *
         * @param value the QoS to publish with
         * @return this
         */
        public Builder qos(QoS value) {
            qos = value;
            return this;
        }

        /**
         * The RETAIN flag.
         *
         * @param value whether to retain
         * @return this
         */
        public Builder retain(boolean value) {
            retain = value;
            return this;
        }

        /**
         * Payload Format Indicator.
         *
         * @param value whether the payload is UTF-8 text
         * @return this
         */
        public Builder utf8Payload(boolean value) {
            utf8Payload = value;
            return this;
        }

        /**
         * Message Expiry Interval.
         *
         * @param seconds 0 to 4294967295
         * @return this
         * @throws IllegalArgumentException if out of range
         */
        public Builder expiryInterval(long seconds) {
            if (seconds < 0 || seconds > 0xFFFF_FFFFL) {
                throw new IllegalArgumentException("expiry interval " + seconds);
            }
            expiryInterval = OptionalLong.of(seconds);
            return this;
        }

        /**
         * Content Type.
         *
         * @param value any text
         * @return this
         */
        public Builder contentType(String value) {
            contentType = Optional.of(value);
            return this;
        }

        /**
         * Response Topic.
         *
         * @param value a topic name
         * @return this
         */
        public Builder responseTopic(String value) {
            responseTopic = Optional.of(value);
            return this;
        }

        /**
         * Correlation Data.
         *
         * @param value copied from its position to its limit
         * @return this
         */
        public Builder correlationData(ByteBuffer value) {
            correlationData = Optional.of(copy(value));
            return this;
        }

        /**
         * One more User Property, behind those already there.
         *
         * @param name any text
         * @param value any text
         * @return this
         */
        public Builder userProperty(String name, String value) {
            userProperties.add(new UserProperty(name, value));
            return this;
        }

        /**
         * Makes the message.
         *
         * @return an immutable message
         */
        public Message build() {
            return new Message(this);
        }

        private static ByteBuffer copy(ByteBuffer value) {
            ByteBuffer own = ByteBuffer.allocate(value.remaining());
            own.put(value.duplicate()).flip();
            return own.asReadOnlyBuffer();
        }
    }
}
