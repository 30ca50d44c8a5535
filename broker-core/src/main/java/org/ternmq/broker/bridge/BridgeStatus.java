package org.ternmq.broker.bridge;

import org.ternmq.spi.Bridge.State;

/**
 * How a bridge is.
 *
 * @param name its name in the configuration
 * @param state whether the other side is there
 * @param detail where to, or why not, in words
 * @param sent QoS 1 and 2 messages that the bridge took and completed
 * @param received messages that the bridge published
 * @param dropped messages that the bridge gave up
 * @param failures how often it had to be made anew
 */
public record BridgeStatus(
        String name, State state, String detail, long sent, long received, long dropped, long failures) {}
