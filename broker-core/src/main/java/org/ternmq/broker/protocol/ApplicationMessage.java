package org.ternmq.broker.protocol;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * An Application Message on its way through the broker: what was published, by whom, and until when it is of use.
 * Immutable but for a count of the queues it is in, shared by all who receive it; times are milliseconds since the epoch.
 */
public final class ApplicationMessage {
    /** The expiry time of a message that never expires. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final AtomicIntegerFieldUpdater<ApplicationMessage> QUEUES =
            AtomicIntegerFieldUpdater.newUpdater(ApplicationMessage.class, "queues");

    private final TopicName topic;
    private final QoS qos;
    private final boolean retain;
    private final byte[] payload;
    private final byte[] properties;
    private final long expiresAt;
    private final @Nullable String publisher;

    @SuppressWarnings("UnusedVariable") // by its updater
    private volatile int queues;

    /**
     * A message.
     *
     * @param properties the properties that are forwarded unchanged, encoded (see {@link PublishProperties#forwarded})
     * @param expiresAt when it expires, or {@link #NEVER}
     * @param publisher the client identifier of who published it, null for the broker itself
     */
    public ApplicationMessage(
            TopicName topic,
            QoS qos,
            boolean retain,
            byte[] payload,
            byte[] properties,
            long expiresAt,
            @Nullable String publisher) {
        this.topic = topic;
        this.qos = qos;
        this.retain = retain;
        this.payload = payload;
        this.properties = properties;
        this.expiresAt = expiresAt;
        this.publisher = publisher;
    }

    /** A message that arrived now, with its properties. */
    public static ApplicationMessage arrived(
            TopicName topic,
            QoS qos,
            boolean retain,
            byte[] payload,
            PublishProperties properties,
            long now,
            @Nullable String publisher) {
        long interval = properties.messageExpiryInterval();
        long expiresAt = interval == PublishProperties.NEVER ? NEVER : now + interval * 1000;
        return new ApplicationMessage(topic, qos, retain, payload, properties.forwarded(), expiresAt, publisher);
    }

    /** The same message, expiring at that time at the latest. */
    public ApplicationMessage expiringBy(long time) {
        return expiresAt <= time
                ? this
                : new ApplicationMessage(topic, qos, retain, payload, properties, time, publisher);
    }

    /** The topic. */
    public TopicName topic() {
        return topic;
    }

    /** The QoS it was published with. */
    public QoS qos() {
        return qos;
    }

    /** The RETAIN flag it was published with. */
    public boolean retain() {
        return retain;
    }

    /** The payload; not to be changed. */
    public byte[] payload() {
        return payload;
    }

    /** Encoded properties that are forwarded unchanged; not to be changed. */
    public byte[] properties() {
        return properties;
    }

    /** When it expires, or {@link #NEVER}. */
    public long expiresAt() {
        return expiresAt;
    }

    /** Whether it has a Message Expiry Interval. */
    public boolean expires() {
        return expiresAt != NEVER;
    }

    /** Whether it is of no more use (MQTT-3.3.2-5). */
    public boolean isExpired(long now) {
        return expiresAt <= now;
    }

    /** The Message Expiry Interval to forward: what was received less the whole seconds spent here (MQTT-3.3.2-6). */
    public long remainingSeconds(long now) {
        return Math.max(0, (expiresAt - now + 999) / 1000);
    }

    /** The client identifier of who published it, null for the broker itself. */
    public @Nullable String publisher() {
        return publisher;
    }

    /** Bytes it takes in a queue, for limits: payload, properties, topic and a constant for the objects. */
    public int footprint() {
        return payload.length + properties.length + topic.utf8().length + 96;
    }

    /** Notes one more queue that keeps it in memory. True for the first one. Any thread. */
    public boolean enqueued() {
        return QUEUES.getAndIncrement(this) == 0;
    }

    /** Notes one queue less. True for the last one. */
    public boolean dequeued() {
        return QUEUES.decrementAndGet(this) == 0;
    }

    @Override
    public String toString() {
        return topic + " " + qos + (retain ? " retain " : " ") + payload.length + " bytes";
    }
}
