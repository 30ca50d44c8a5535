package org.ternmq.spi.control;

/**
 * What came and went by a listener since the broker's start.
 *
 * @param name the listener's name
 * @param opened network connections accepted
 * @param refused connections refused, before or after their CONNECT
 * @param receivedPackets MQTT packets from clients
 * @param sentPackets MQTT packets to clients
 * @param receivedBytes bytes of MQTT from clients
 * @param sentBytes bytes of MQTT to clients
 */
public record ListenerCounts(
        String name,
        long opened,
        long refused,
        long receivedPackets,
        long sentPackets,
        long receivedBytes,
        long sentBytes) {}
