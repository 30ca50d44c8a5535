package org.ternmq.broker.protocol;

import org.ternmq.spi.QoS;

/**
 * The Will of a CONNECT.
 *
 * @param payload not to be changed
 * @param delayInterval seconds from the end of the connection to the publication, 0 to 4294967295 (3.1.3.2.2)
 */
public record WillMessage(
        TopicName topic, QoS qos, boolean retain, byte[] payload, PublishProperties properties, long delayInterval) {}
