package org.ternmq.spi.control;

import java.time.Instant;

/**
 * A connection of a client that is in.
 *
 * @param address where the client is
 * @param listener the listener it came by
 * @param protocolVersion 3 (MQTT 3.1), 4 (3.1.1) or 5
 * @param keepAlive seconds, 0 for none
 * @param connectedSince when it was accepted
 * @param receivedMessages PUBLISH packets from the client
 * @param sentMessages PUBLISH packets to the client
 * @param receivedBytes bytes of MQTT from the client
 * @param sentBytes bytes of MQTT to the client
 */
public record ConnectionView(
        String address,
        String listener,
        int protocolVersion,
        int keepAlive,
        Instant connectedSince,
        long receivedMessages,
        long sentMessages,
        long receivedBytes,
        long sentBytes) {}
