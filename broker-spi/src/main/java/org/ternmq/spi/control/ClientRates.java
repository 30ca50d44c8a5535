package org.ternmq.spi.control;

/**
 * How much a connected client sends and gets, a second, over the last second or some more.
 *
 * @param clientId the client id
 * @param address where it is
 * @param listener the listener it came by
 * @param receivedMessages PUBLISH packets from it
 * @param sentMessages PUBLISH packets to it
 * @param receivedBytes bytes of MQTT from it
 * @param sentBytes bytes of MQTT to it
 */
public record ClientRates(
        String clientId,
        String address,
        String listener,
        double receivedMessages,
        double sentMessages,
        double receivedBytes,
        double sentBytes) {
    /** What clients are ordered by, the largest first. */
    public enum Order {
        /** Messages in both directions. */
        MESSAGES,
        /** Messages from the client. */
        RECEIVED_MESSAGES,
        /** Messages to the client. */
        SENT_MESSAGES,
        /** Bytes in both directions. */
        BYTES
    }
}
