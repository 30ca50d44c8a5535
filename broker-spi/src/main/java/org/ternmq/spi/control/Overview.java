package org.ternmq.spi.control;

import java.time.Instant;

/**
 * The broker at a glance. Counts are since the start; rates are those of the last whole interval of about 5 s.
 *
 * @param version the broker's
 * @param spiVersion of the SPI
 * @param javaVersion of the Java it runs on
 * @param startedAt when it started
 * @param uptimeSeconds how long ago that is
 * @param ready whether all listeners are open and the storage works
 * @param connections network connections
 * @param clients clients that are in
 * @param sessions connected or not
 * @param subscriptions of all sessions
 * @param retainedMessages how many
 * @param retainedBytes what they take in memory, roughly
 * @param queuedMessages that wait for clients
 * @param queuedBytes of these
 * @param receivedMessages PUBLISH packets from clients
 * @param sentMessages PUBLISH packets to clients
 * @param droppedMessages copies that went no further, whatever the reason
 * @param refusedConnects CONNECTs refused
 * @param receivedPerSecond PUBLISH packets from clients
 * @param sentPerSecond PUBLISH packets to clients
 * @param droppedPerSecond copies that went no further
 */
public record Overview(
        String version,
        String spiVersion,
        String javaVersion,
        Instant startedAt,
        long uptimeSeconds,
        boolean ready,
        long connections,
        long clients,
        int sessions,
        int subscriptions,
        int retainedMessages,
        long retainedBytes,
        long queuedMessages,
        long queuedBytes,
        long receivedMessages,
        long sentMessages,
        long droppedMessages,
        long refusedConnects,
        double receivedPerSecond,
        double sentPerSecond,
        double droppedPerSecond) {}
