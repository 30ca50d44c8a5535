package org.ternmq.bridge.http;

import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

/** Where messages go that are given up: counted, and published under another topic if there is one. Safe for use by all threads. */
final class DeadLetters {
    /** User properties of a dead letter. */
    static final String TOPIC = "dead-letter-topic";

    static final String REASON = "dead-letter-reason";
    static final String BRIDGE = "dead-letter-bridge";

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private final BrokerLink broker;
    private final Optional<String> topic;
    private final String bridge;

    DeadLetters(BrokerLink broker, Optional<String> topic, String bridge) {
        this.broker = broker;
        this.topic = topic;
        this.bridge = bridge;
    }

    /** Gives a message up; it is done when its dead letter is safe. */
    void bury(Pending pending, String reason) {
        Message message = pending.delivery().message();
        broker.dropped(message, reason);
        if (topic.isEmpty()) {
            pending.done().complete(null);
            return;
        }
        Message letter = message.toBuilder()
                .topic(topic.get())
                .qos(QoS.AT_LEAST_ONCE)
                .retain(false)
                .userProperty(TOPIC, message.topic())
                .userProperty(REASON, reason)
                .userProperty(BRIDGE, bridge)
                .build();
        broker.publish(letter).whenComplete((safe, error) -> {
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            if (cause instanceof RefusedException) {
                LOG.warn(
                        "Bridge '{}': the dead letter of a message to {} is lost: {}",
                        bridge,
                        message.topic(),
                        cause.toString());
                pending.done().complete(null);
            } else if (cause == null) {
                pending.done().complete(null);
            } // else this broker stops, and has the message after the next start
        });
    }
}
