package org.ternmq.spi.control;

/**
 * A bridge as it was at one moment.
 *
 * @param name its name in the configuration
 * @param connected whether the other side is there
 * @param detail where to, or why not, in words
 * @param sent QoS 1 and 2 messages that it took and completed
 * @param received messages that it published here
 * @param dropped messages that it gave up
 * @param failures how often it had to be made anew
 * @param queuedMessages messages that wait for it
 * @param queuedBytes bytes of these
 * @param inFlight messages that it was handed and has not completed
 */
public record BridgeView(
        String name,
        boolean connected,
        String detail,
        long sent,
        long received,
        long dropped,
        long failures,
        int queuedMessages,
        long queuedBytes,
        int inFlight) {}
