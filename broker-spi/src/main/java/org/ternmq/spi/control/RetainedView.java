package org.ternmq.spi.control;

import java.time.Instant;
import java.util.Optional;

/**
 * A retained message without its payload.
 *
 * @param topic its topic
 * @param qos the QoS it was published with
 * @param bytes of its payload
 * @param expiresAt when it goes, if it does
 */
public record RetainedView(String topic, int qos, int bytes, Optional<Instant> expiresAt) {}
